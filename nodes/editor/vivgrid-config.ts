import type { HeaderRow } from '../lib/settings.ts';
import { CONFIG_DEFAULTS, type ConfigSettings } from '../lib/settings.ts';
import { numberBetween } from './check-number.ts';
import { fillDefaults } from './fill-defaults.ts';
import { createHeaderList, validateHeaders } from './header-list.ts';
import type { RowList } from './row-list.ts';

const PREFIX = 'node-config-input';

/** The one dialog that is open for a config node. */
let headers: RowList<HeaderRow> | undefined;

RED.nodes.registerType<ConfigSettings>('vivgrid-config', {
  category: 'config',
  defaults: {
    name: { value: CONFIG_DEFAULTS.name },
    baseUrl: { value: CONFIG_DEFAULTS.baseUrl, required: true },
    model: { value: CONFIG_DEFAULTS.model },
    timeout: { value: CONFIG_DEFAULTS.timeout, validate: numberBetween(1, Infinity, false) },
    maxRetries: { value: CONFIG_DEFAULTS.maxRetries, validate: numberBetween(0, 10) },
    concurrency: { value: CONFIG_DEFAULTS.concurrency, validate: numberBetween(0, Infinity) },
    maxQueue: { value: CONFIG_DEFAULTS.maxQueue, validate: numberBetween(0, Infinity) },
    headers: { value: CONFIG_DEFAULTS.headers, validate: validateHeaders },
    proxy: { value: CONFIG_DEFAULTS.proxy, type: 'http proxy', required: false },
    tls: { value: CONFIG_DEFAULTS.tls, type: 'tls-config', required: false },
  },
  credentials: { token: { type: 'password' } },
  label() {
    return this.name || hostOf(this.baseUrl) || this._('vivgrid-config.label.default');
  },
  oneditprepare() {
    fillDefaults<ConfigSettings>(this, CONFIG_DEFAULTS, PREFIX);
    headers = createHeaderList(this, this.headers);
    prepareAdvanced(isCustomised(this));
  },
  oneditsave() {
    if (headers) this.headers = headers.rows();
    headers = undefined;
  },
  oneditcancel() {
    headers = undefined;
  },
  oneditdelete() {
    headers = undefined;
  },
});

function hostOf(baseUrl: string | undefined): string {
  return baseUrl && URL.canParse(baseUrl) ? new URL(baseUrl).host : '';
}

/** Whether anything in the folded part says something else than the default. */
function isCustomised(node: ConfigSettings): boolean {
  return ADVANCED.some((property) => String(node[property]) !== String(CONFIG_DEFAULTS[property]));
}

const ADVANCED = ['timeout', 'maxRetries', 'concurrency', 'maxQueue', 'headers', 'proxy', 'tls'] as const;

function prepareAdvanced(open: boolean): void {
  $('#vivgrid-config-advanced')
    .prop('open', open)
    .on('toggle', () => RED.tray.resize());
}
