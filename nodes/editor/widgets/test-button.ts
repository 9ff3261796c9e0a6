// A Test button of a form, and beside it what came of the test.

const ICONS = {
  running: 'fa-spinner fa-spin',
  works: 'fa-check',
  doubtful: 'fa-exclamation-triangle',
  failed: 'fa-exclamation-circle',
} as const;

/** How a test ended, in words. */
export interface TestVerdict {
  kind: keyof typeof ICONS;
  words: string;
}

/**
 * Makes the button `#<id>` run a test, once at a time, and show what came of it in `#<id>-result`.
 * @param check gives the reason why there is nothing to test yet, if there is one
 * @param running what is shown meanwhile
 */
export function prepareTestButton(
  id: string,
  { check, running, test }: { check(): string | undefined; running: string; test(): Promise<TestVerdict> },
): void {
  const button = $(`#${id}`);
  const result = $(`#${id}-result`);

  button.on('click', async () => {
    const reason = check();
    if (reason !== undefined) {
      show({ kind: 'failed', words: reason });
      return;
    }
    button.prop('disabled', true);
    show({ kind: 'running', words: running });
    const verdict = await test();
    button.prop('disabled', false);
    show(verdict);
  });

  function show({ kind, words }: TestVerdict): void {
    result
      .attr('class', `vivgrid-test-${kind}`)
      .empty()
      .append($('<i aria-hidden="true">').addClass(`fa ${ICONS[kind]}`), $('<span>').text(words));
  }
}
