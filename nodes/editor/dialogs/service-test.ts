// The Test button of the config node's form.
import type { TestOrder, TestOutcome } from '../../lib/common/editor-requests.ts';
import { endsSoon, findModel, type ListedModel } from '../../lib/common/model-end.ts';
import { CONFIG_DEFAULTS, type ConfigSettings } from '../../lib/common/settings.ts';
import { validateBaseUrl } from '../checks/check-base-url.ts';
import { hasModel } from '../checks/services.ts';
import { askRuntime } from '../widgets/ask-runtime.ts';
import { prepareTestButton, type TestVerdict } from '../widgets/test-button.ts';

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
  prepareTestButton('vivgrid-config-test', {
    check() {
      // The runtime's words would send the reader to the form that is open.
      const reason = validateBaseUrl.call(node, options.settings().baseUrl, {});
      return typeof reason === 'string' ? reason : undefined;
    },
    running: text('running'),
    async test() {
      const settings = options.settings();
      const outcome = await test(settings);
      if (outcome.outcome !== 'works') return { kind: 'failed', words: describe(outcome) };
      options.onModels(outcome.models);
      return judge(outcome, settings);
    },
  });

  /** A service that answers may still lack the chosen model, or end it soon. */
  function judge(
    outcome: Extract<TestOutcome, { outcome: 'works' }>,
    { model: chosen, baseUrl }: ConfigSettings,
  ): TestVerdict {
    const { models } = outcome;
    const model = chosen.trim() || CONFIG_DEFAULTS.model;
    if (!hasModel(models, model, baseUrl)) return { kind: 'doubtful', words: otherModels(models, model) };
    const ends = findModel(models, model)?.ends;
    if (!ends) return { kind: 'works', words: describe(outcome) };
    const words = `${describe(outcome)} ${text('model-ends', { model, date: ends })}`;
    return { kind: endsSoon(ends, Date.now()) ? 'doubtful' : 'works', words };
  }

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
}

function numberOf(models: readonly ListedModel[]): 'none' | 'one' | 'many' {
  if (models.length === 0) return 'none';
  return models.length === 1 ? 'one' : 'many';
}
