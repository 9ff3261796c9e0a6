// The preview: the request that a chat node's form would make of a message.
import type { PreviewOrder, PreviewOutcome } from '../../lib/common/editor-requests.ts';
import { isObject } from '../../lib/common/is-object.ts';
import type { ChatSettings } from '../../lib/common/settings.ts';
import { askRuntime } from '../widgets/ask-runtime.ts';
import { type CodeEditor, createCodeEditor } from '../widgets/code-editor.ts';

type Source = 'seen' | 'example';

/** What was typed as an example, by node, for as long as the editor is open. */
const examples = new Map<string, string>();

const FIRST_EXAMPLE = JSON.stringify({ payload: 'Hello', topic: '' }, undefined, 2);

/** Milliseconds between the last key and a new preview. */
const TYPING_PAUSE = 300;

/**
 * Opens a dialog on top of the form that shows the exact request that the form, as it stands, makes of a message: the
 * last one that the node has seen, or an example. The runtime builds it, as it builds the real ones.
 */
export function openPreview(node: EditorNode, settings: ChatSettings, model: string): void {
  const text = (key: string, values?: Record<string, string | number>) =>
    node._(`vivgrid-chat.preview.${key}`, values);
  let source: Source = 'seen';
  let example: CodeEditor | undefined;
  let body: CodeEditor | undefined;
  let typing: ReturnType<typeof setTimeout> | undefined;
  let orders = 0;

  RED.view.state(RED.state.EDITING);
  RED.tray.show({
    title: text('title'),
    width: 'inherit',
    buttons: [
      {
        id: 'vivgrid-preview-close',
        text: RED._('common.label.close'),
        class: 'primary',
        click: () => RED.tray.close(),
      },
    ],
    open: build,
    close() {
      clearTimeout(typing);
      orders = Number.NaN;
      if (example) examples.set(node.id, example.value());
      for (const editor of [example, body]) editor?.destroy();
      RED.view.state(RED.state.EDITING);
    },
  });

  function build(tray: JQuery): void {
    const form = $('<form class="dialog-form form-horizontal vivgrid-preview">').appendTo(
      tray.find('.red-ui-tray-body'),
    );
    form.on('submit', (event) => event.preventDefault());
    const choice = $('<select id="vivgrid-preview-source" style="width: 70%">').append(
      $('<option value="seen">').text(text('seen')),
      $('<option value="example">').text(text('example')),
    );
    $('<div class="form-row">')
      .append(
        $('<label for="vivgrid-preview-source">').append(
          '<i class="fa fa-envelope-o"></i> ',
          $('<span>').text(text('message')),
        ),
        ' ',
        choice,
      )
      .appendTo(form);
    const exampleRow = $('<div class="vivgrid-preview-example">').hide().appendTo(form);
    $('<div class="vivgrid-preview-note" role="status">').appendTo(form);
    const bodyRow = $('<div class="vivgrid-preview-body">').appendTo(form);
    body = createCodeEditor({
      container: bodyRow,
      value: '',
      mode: 'json',
      label: text('request'),
      readOnly: true,
    });
    choice.on('change', () => choose(choice.val() as Source));
    void show();

    function choose(chosen: Source): void {
      source = chosen;
      choice.val(chosen);
      exampleRow.toggle(chosen === 'example');
      if (chosen === 'example' && !example) {
        example = createCodeEditor({
          container: exampleRow,
          value: examples.get(node.id) ?? FIRST_EXAMPLE,
          mode: 'json',
          label: text('example'),
          onChange() {
            clearTimeout(typing);
            typing = setTimeout(() => void show(), TYPING_PAUSE);
          },
        });
      }
      void show();
    }

    async function show(): Promise<void> {
      const message = source === 'example' ? readExample() : undefined;
      if (typeof message === 'string') {
        fail(message);
        return;
      }
      orders += 1;
      const order = orders;
      const outcome = await ask({ settings, model, ...(message && { message }) });
      // A later order, or the end of the dialog, has overtaken this one.
      if (order !== orders) return;
      if (outcome.outcome === 'no-message') {
        choose('example');
        return;
      }
      if (outcome.outcome === 'failed') {
        fail(outcome.message);
        return;
      }
      const { isDeployed, request } = outcome;
      note('hint', aboutSeen(outcome) || (isDeployed ? '' : text('not-deployed')));
      body?.setValue(JSON.stringify(request, undefined, 2));
    }
  }

  /** When the message came, and what of it there is. Blank for an example. */
  function aboutSeen({ seen, cut = [] }: Extract<PreviewOutcome, { outcome: 'request' }>): string {
    if (seen === undefined) return '';
    const time = new Date(seen).toLocaleTimeString();
    if (cut.length === 0) return text('came', { time });
    return text('came-cut', { time, names: cut.map((name) => `msg.${name}`).join(', ') });
  }

  /** The example, or the reason why it is none. */
  function readExample(): Record<string, unknown> | string {
    try {
      const value: unknown = JSON.parse(example?.value() || '{}');
      return isObject(value) ? value : text('no-object');
    } catch (error) {
      return RED._('validator.errors.invalid-json', { error: (error as Error).message });
    }
  }

  function ask(order: PreviewOrder): Promise<PreviewOutcome> {
    const url = `vivgrid-chat/${encodeURIComponent(node.id)}/preview`;
    return askRuntime<PreviewOutcome>(url, order, (status) => text('no-runtime', { status }));
  }

  function fail(words: string): void {
    note('error', words);
    body?.setValue('');
  }

  function note(severity: 'error' | 'hint', words: string): void {
    $('.vivgrid-preview-note').attr('class', `vivgrid-preview-note vivgrid-note-${severity}`).text(words);
  }
}
