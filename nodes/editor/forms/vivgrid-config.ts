// The config node in the editor: its definition and its form.
import { CONFIG_DEFAULTS, type ConfigSettings, type HeaderRow } from '../../lib/common/settings.ts';
import { validateBaseUrl } from '../checks/check-base-url.ts';
import { checkNumber } from '../checks/check-number.ts';
import { fillDefaults, fillRows } from '../checks/fill-defaults.ts';
import { prepareServiceTest } from '../dialogs/service-test.ts';
import { prepareUsage, validateTotals } from '../dialogs/usage.ts';
import { createHeaderList, NEW_HEADER, validateHeaders } from '../tabs/header-list.ts';
import { prepareServiceFields } from '../tabs/service-fields.ts';
import { letShrink } from '../widgets/let-shrink.ts';
import { readForm } from '../widgets/read-form.ts';
import type { RowList } from '../widgets/row-list.ts';

const PREFIX = 'node-config-input';

/** The one dialog that is open for a config node. */
let headers: RowList<HeaderRow> | undefined;
let usage: ReturnType<typeof prepareUsage> | undefined;

const validatePrice = checkNumber({ min: 0, whole: false, includesMin: true });

RED.nodes.registerType<ConfigSettings>('vivgrid-config', {
  category: 'config',
  defaults: {
    name: { value: CONFIG_DEFAULTS.name },
    baseUrl: { value: CONFIG_DEFAULTS.baseUrl, validate: validateBaseUrl },
    model: { value: CONFIG_DEFAULTS.model },
    timeout: { value: CONFIG_DEFAULTS.timeout, validate: checkNumber({ min: 0, whole: false }) },
    maxRetries: { value: CONFIG_DEFAULTS.maxRetries, validate: checkNumber({ min: 0, max: 10 }) },
    concurrency: { value: CONFIG_DEFAULTS.concurrency, validate: checkNumber({ min: 0 }) },
    maxQueue: { value: CONFIG_DEFAULTS.maxQueue, validate: checkNumber({ min: 0 }) },
    headers: { value: CONFIG_DEFAULTS.headers, validate: validateHeaders },
    proxy: { value: CONFIG_DEFAULTS.proxy, type: 'http proxy', required: false },
    tls: { value: CONFIG_DEFAULTS.tls, type: 'tls-config', required: false },
    priceInput: { value: CONFIG_DEFAULTS.priceInput, validate: validatePrice },
    priceCached: { value: CONFIG_DEFAULTS.priceCached, validate: validatePrice },
    priceOutput: { value: CONFIG_DEFAULTS.priceOutput, validate: validatePrice },
    limit: { value: CONFIG_DEFAULTS.limit, validate: checkNumber({ min: 0, whole: false }) },
    limitOf: { value: CONFIG_DEFAULTS.limitOf },
    limitPer: { value: CONFIG_DEFAULTS.limitPer },
    totals: { value: CONFIG_DEFAULTS.totals, validate: validateTotals },
    keep: { value: CONFIG_DEFAULTS.keep, validate: checkNumber({ min: 0, max: 10_000 }) },
  },
  credentials: { token: { type: 'password' } },
  label() {
    return (
      this.name || hostOf(this.baseUrl ?? CONFIG_DEFAULTS.baseUrl) || this._('vivgrid-config.label.default')
    );
  },
  oneditprepare() {
    fillDefaults<ConfigSettings>(this, CONFIG_DEFAULTS, PREFIX);
    for (const property of BLANK_IS_DEFAULT) {
      $(`#${PREFIX}-${property}`).attr('placeholder', String(CONFIG_DEFAULTS[property]));
    }
    this.headers = fillRows(this.headers, NEW_HEADER);
    headers = createHeaderList(this.headers);
    prepareAdvanced(isCustomised(this));
    usage = prepareUsage(this);
    const fields = prepareServiceFields(this);
    prepareServiceTest(this, {
      settings: () =>
        readForm<ConfigSettings>(this, CONFIG_DEFAULTS, PREFIX, { headers: headers?.rows() ?? [] }),
      token: fields.typedToken,
      onModels: fields.offerModels,
    });
  },
  oneditsave() {
    if (headers) this.headers = headers.rows();
    usage?.beforeSave();
    headers = undefined;
  },
  oneditcancel() {
    headers = undefined;
  },
  oneditdelete() {
    headers = undefined;
  },
  oneditresize() {
    letShrink('#node-config-dialog-edit-form');
  },
});

function hostOf(baseUrl: string | undefined): string {
  return baseUrl && URL.canParse(baseUrl) ? new URL(baseUrl).host : '';
}

/** Whether anything in the folded part says something else than the default. */
function isCustomised(node: ConfigSettings): boolean {
  return ADVANCED.some((property) => String(node[property]) !== String(CONFIG_DEFAULTS[property]));
}

const BLANK_IS_DEFAULT = ['timeout', 'maxRetries', 'concurrency', 'maxQueue', 'keep'] as const;

const ADVANCED = ['timeout', 'maxRetries', 'concurrency', 'maxQueue', 'headers', 'proxy', 'tls'] as const;

function prepareAdvanced(open: boolean): void {
  $('#vivgrid-config-advanced')
    .prop('open', open)
    .on('toggle', () => RED.tray.resize());
}
