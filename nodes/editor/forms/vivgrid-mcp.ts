// The MCP server's config node in the editor: its definition and its form.
import { type HeaderRow, MCP_DEFAULTS, type McpSettings } from '../../lib/common/settings.ts';
import { validateMcpUrl } from '../checks/check-mcp-url.ts';
import { checkNumber } from '../checks/check-number.ts';
import { fillDefaults, fillRows } from '../checks/fill-defaults.ts';
import { prepareServerTest } from '../dialogs/server-test.ts';
import { createHeaderList, NEW_HEADER, validateHeaders } from '../tabs/header-list.ts';
import { createServerTools, type ServerTools } from '../tabs/server-tools.ts';
import { letShrink } from '../widgets/let-shrink.ts';
import { readForm } from '../widgets/read-form.ts';
import type { RowList } from '../widgets/row-list.ts';

const PREFIX = 'node-config-input';
/** What the editor shows in place of a stored token, which never reaches it. */
const STORED = '__PWRD__';

/** The one dialog that is open for an MCP server. */
let form: { headers: RowList<HeaderRow>; tools: ServerTools } | undefined;

RED.nodes.registerType<McpSettings>('vivgrid-mcp', {
  category: 'config',
  // The editor counts no users of a list, and would warn of a node that is in use.
  hasUsers: false,
  defaults: {
    name: { value: MCP_DEFAULTS.name },
    url: { value: MCP_DEFAULTS.url, validate: validateMcpUrl },
    headers: { value: MCP_DEFAULTS.headers, validate: validateHeaders },
    timeout: {
      value: MCP_DEFAULTS.timeout,
      label: RED._('@vivgrid/node-red-vivgrid/vivgrid-mcp:vivgrid-mcp.label.timeout'),
      validate: checkNumber({ min: 0, max: 2_000_000, whole: false }),
    },
    proxy: { value: MCP_DEFAULTS.proxy, type: 'http proxy', required: false },
    tls: { value: MCP_DEFAULTS.tls, type: 'tls-config', required: false },
    filter: { value: MCP_DEFAULTS.filter },
    toolNames: { value: MCP_DEFAULTS.toolNames },
  },
  credentials: { token: { type: 'password' } },
  label() {
    return this.name || hostOf(this.url) || this._('vivgrid-mcp.label.default');
  },
  oneditprepare() {
    fillDefaults<McpSettings>(this, MCP_DEFAULTS, PREFIX);
    $(`#${PREFIX}-timeout`).attr('placeholder', String(MCP_DEFAULTS.timeout));
    this.headers = fillRows(this.headers, NEW_HEADER);
    const headers = createHeaderList(this.headers);
    const tools = createServerTools(this);
    form = { headers, tools };
    const isCustomised = ADVANCED.some(
      (property) => String(this[property]) !== String(MCP_DEFAULTS[property]),
    );
    $('#vivgrid-mcp-advanced')
      .prop('open', isCustomised)
      .on('toggle', () => RED.tray.resize());
    prepareServerTest(this, {
      settings: () => readForm<McpSettings>(this, MCP_DEFAULTS, PREFIX, rowsOf(headers, tools)),
      token: typedToken,
      onTools: tools.show,
    });
  },
  oneditsave() {
    if (form) Object.assign(this, rowsOf(form.headers, form.tools));
    form = undefined;
  },
  oneditcancel: forgetForm,
  oneditdelete: forgetForm,
  oneditresize() {
    letShrink('#node-config-dialog-edit-form');
  },
});

const ADVANCED = ['timeout', 'headers', 'proxy', 'tls'] as const;

function rowsOf(headers: RowList<HeaderRow>, tools: ServerTools): Pick<McpSettings, 'headers' | 'toolNames'> {
  return { headers: headers.rows(), toolNames: tools.chosen() };
}

function forgetForm(): void {
  form = undefined;
}

function hostOf(url: string | undefined): string {
  return url && URL.canParse(url) ? new URL(url).host : '';
}

function typedToken(): string | undefined {
  const token = String($(`#${PREFIX}-token`).val());
  return token === STORED ? undefined : token;
}
