// The part of the config node's form on what the service is used for: prices, the limit, and what was used so far.
import type { UsageOutcome } from '../../lib/common/editor-requests.ts';
import { CONFIG_DEFAULTS, type ConfigSettings, LIMIT_PER } from '../../lib/common/settings.ts';
import { typedValueProblem } from '../checks/typed-value.ts';
import { amount } from '../widgets/amounts.ts';
import { askRuntime } from '../widgets/ask-runtime.ts';
import { keepUntouched, makeTyped } from '../widgets/typed-text.ts';

const PROPERTIES = [
  'priceInput',
  'priceCached',
  'priceOutput',
  'limit',
  'limitOf',
  'limitPer',
  'totals',
  'keep',
] as const satisfies (keyof ConfigSettings)[];

/** The reason why no totals can be kept in a property; `true` for one that is fine, and for none. */
export function validateTotals(this: EditorNode, value: unknown, _options: object): true | string {
  const text = String(value ?? '').trim();
  const reason = text === '' ? undefined : typedValueProblem(text, 'global');
  return reason === undefined || `${this._('vivgrid-config.label.totals')}: ${reason}`;
}

/** Shows the part, and what the deployed node has been used for. */
export function prepareUsage(node: EditorNode & ConfigSettings): { beforeSave(): void } {
  const isCustomised = PROPERTIES.some((name) => String(node[name]) !== String(CONFIG_DEFAULTS[name]));
  const input = $('#node-config-input-totals');
  const saved = String(input.val());
  makeTyped(input, { types: ['global'] });
  allowBlank(input);
  const typedTotals = keepUntouched(input, saved);
  $('#vivgrid-config-usage')
    .prop('open', isCustomised)
    .on('toggle', () => RED.tray.resize());
  $('#vivgrid-config-usage-reset').on('click', () => askToReset(node));
  void $.getJSON(`vivgrid-config/${encodeURIComponent(node.id)}/usage`).then((usage) => show(node, usage));
  return {
    beforeSave: () => {
      input.val(typedTotals());
    },
  };
}

/** Blank stands for totals in memory, where Node-RED would see a mistake. */
function allowBlank(input: JQuery): void {
  const { typeMap } = input.typedInput('instance');
  for (const [name, type] of Object.entries(typeMap)) {
    const { validate } = type;
    typeMap[name] = {
      ...type,
      validate: (value, options) =>
        value.trim() === '' ||
        (typeof validate === 'function'
          ? validate(value, options)
          : (typedValueProblem(value, name) ?? true)),
    };
  }
  input.typedInput('validate');
}

function show(node: EditorNode, usage: UsageOutcome): void {
  const isKnown = usage.outcome === 'usage';
  $('#vivgrid-config-used-row').toggle(isKnown);
  if (!isKnown) return;
  const { periods, limit } = usage;
  const rows = LIMIT_PER.map((per) => {
    const { tokens, requests, cost } = periods[per];
    const texts = [
      node._(`vivgrid-config.usage.${per}`),
      node._('vivgrid-config.usage.requests', { number: amount(requests) }),
      node._('vivgrid-config.usage.tokens', { number: amount(tokens) }),
      cost > 0 ? amount(cost) : '',
    ];
    const row = $('<tr>').append(
      ...texts.map((text, index) => $(index === 0 ? '<th scope="row">' : '<td>').text(text)),
    );
    const bar = limit?.per === per ? limitBar(node, periods[per][limit.of], limit.most) : '';
    return row.append($('<td>').append(bar));
  });
  $('#vivgrid-config-used')
    .empty()
    .append(...rows);
}

function limitBar(node: EditorNode, used: number, most: number): JQuery {
  const percent = Math.floor((100 * used) / most);
  const text = node._('vivgrid-config.usage.percent', { percent });
  return $('<span>').append(
    $('<meter class="vivgrid-usage-bar" min="0" max="100" high="80" optimum="0">')
      .attr({ value: Math.min(percent, 100), 'aria-label': text })
      .text(`${percent} %`),
    $('<span>').text(` ${text}`),
  );
}

function askToReset(node: EditorNode): void {
  const question = RED.notify(node._('vivgrid-config.usage.reset-question'), {
    modal: true,
    fixed: true,
    type: 'warning',
    buttons: [
      { text: RED._('common.label.cancel'), click: () => question.close() },
      {
        text: node._('vivgrid-config.usage.reset'),
        class: 'primary',
        click: () => {
          question.close();
          void reset(node);
        },
      },
    ],
  });
}

async function reset(node: EditorNode): Promise<void> {
  const url = `vivgrid-config/${encodeURIComponent(node.id)}/usage/reset`;
  const usage = await askRuntime<UsageOutcome>(url, {}, (status) =>
    node._('vivgrid-config.test.no-runtime', { status }),
  );
  if (usage.outcome === 'failed') RED.notify(usage.message, 'error');
  else show(node, usage);
}
