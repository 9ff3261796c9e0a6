// The Test button of the config node's form.
import type { TestOrder, TestOutcome } from '../../lib/common/editor-requests.ts';
import type { ConfigSettings } from '../../lib/common/settings.ts';
import { askRuntime } from '../widgets/ask-runtime.ts';

/** The Test button of the config form: asks the runtime to call the service with what stands in the form. */
export function prepareServiceTest(
  node: EditorNode,
  options: {
    settings(): ConfigSettings;
    /** The token that was typed; undefined while the field stands for the stored one. */
    token(): string | undefined;
    onModels(models: string[]): void;
  },
): void {
  const button = $('#vivgrid-config-test');
  const result = $('#vivgrid-config-test-result');

  button.on('click', async () => {
    button.prop('disabled', true);
    show('fa-spinner fa-spin', '', text('running'));
    const outcome = await test();
    button.prop('disabled', false);
    if (outcome.outcome === 'works') options.onModels(outcome.models);
    const works = outcome.outcome === 'works';
    show(works ? 'fa-check' : 'fa-exclamation-circle', works ? 'works' : 'failed', describe(outcome));
  });

  function test(): Promise<TestOutcome> {
    const token = options.token();
    const order: TestOrder = {
      id: node.id,
      settings: options.settings(),
      ...(token !== undefined && { token }),
    };
    return askRuntime<TestOutcome>('vivgrid-config/test', order, (status) => text('no-runtime', { status }));
  }

  function describe(outcome: TestOutcome): string {
    switch (outcome.outcome) {
      case 'works':
        return text('works', { number: outcome.models.length, ms: outcome.ms });
      case 'withheld':
        return text('withheld');
      case 'failed':
        return outcome.status === 404 ? text('not-found') : outcome.message;
    }
  }

  function text(key: string, values?: Record<string, string | number>): string {
    return node._(`vivgrid-config.test.${key}`, values);
  }

  function show(icon: string, kind: string, words: string): void {
    result
      .attr('class', `vivgrid-test-${kind}`)
      .empty()
      .append($('<i aria-hidden="true">').addClass(`fa ${icon}`), $('<span>').text(words));
  }
}
