// The Test button of the config node's form.
import type { TestOrder, TestOutcome } from '../../lib/common/editor-requests.ts';
import { endsSoon, findModel, type ListedModel } from '../../lib/common/model-end.ts';
import { CONFIG_DEFAULTS, type ConfigSettings } from '../../lib/common/settings.ts';
import { validateBaseUrl } from '../checks/check-base-url.ts';
import { hasModel } from '../checks/services.ts';
import { askRuntime } from '../widgets/ask-runtime.ts';

/** The Test button of the config form: asks the runtime to call the service with what stands in the form. */
export function prepareServiceTest(
  node: EditorNode,
  options: {
    settings(): ConfigSettings;
    /** The token that was typed; undefined while the field stands for the stored one. */
    token(): string | undefined;
    onModels(models: ListedModel[]): void;
  },
): void {
  const button = $('#vivgrid-config-test');
  const result = $('#vivgrid-config-test-result');

  button.on('click', async () => {
    const settings = options.settings();
    // The runtime's words would send the reader to the form that is open.
    const reason = validateBaseUrl.call(node, settings.baseUrl, {});
    if (reason !== true) {
      show('failed', reason);
      return;
    }
    button.prop('disabled', true);
    show('running', text('running'));
    const outcome = await test(settings);
    button.prop('disabled', false);
    if (outcome.outcome !== 'works') {
      show('failed', describe(outcome));
      return;
    }
    options.onModels(outcome.models);
    const model = settings.model.trim() || CONFIG_DEFAULTS.model;
    const ends = findModel(outcome.models, model)?.ends;
    if (!hasModel(outcome.models, model, settings.baseUrl)) {
      show('doubtful', otherModels(outcome.models, model));
    } else if (ends) {
      const words = `${describe(outcome)} ${text('model-ends', { model, date: ends })}`;
      show(endsSoon(ends, Date.now()) ? 'doubtful' : 'works', words);
    } else {
      show('works', describe(outcome));
    }
  });

  function test(settings: ConfigSettings): Promise<TestOutcome> {
    const token = options.token();
    const order: TestOrder = { id: node.id, settings, ...(token !== undefined && { token }) };
    return askRuntime<TestOutcome>('vivgrid-config/test', order, (status) => text('no-runtime', { status }));
  }

  function describe(outcome: TestOutcome): string {
    switch (outcome.outcome) {
      case 'works':
        return text(`works-${numberOf(outcome.models)}`, { number: outcome.models.length, ms: outcome.ms });
      case 'withheld':
        return text('withheld');
      case 'failed':
        return outcome.status === 404 ? text('not-found') : outcome.message;
    }
  }

  function otherModels(models: readonly ListedModel[], model: string): string {
    const other = models[0]?.id ?? '';
    return text(`no-model-${numberOf(models)}`, { model, other, number: models.length });
  }

  function text(key: string, values?: Record<string, string | number>): string {
    return node._(`vivgrid-config.test.${key}`, values);
  }

  function show(kind: keyof typeof ICONS, words: string): void {
    result
      .attr('class', `vivgrid-test-${kind}`)
      .empty()
      .append($('<i aria-hidden="true">').addClass(`fa ${ICONS[kind]}`), $('<span>').text(words));
  }
}

const ICONS = {
  running: 'fa-spinner fa-spin',
  works: 'fa-check',
  doubtful: 'fa-exclamation-triangle',
  failed: 'fa-exclamation-circle',
} as const;

function numberOf(models: readonly ListedModel[]): 'none' | 'one' | 'many' {
  if (models.length === 0) return 'none';
  return models.length === 1 ? 'one' : 'many';
}
