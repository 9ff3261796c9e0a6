// Which message the preview is about: the last one that the node has seen, or an example.
import { isObject } from '../../../lib/common/is-object.ts';
import { chatText } from '../../widgets/chat-text.ts';
import { type CodeEditor, createCodeEditor } from '../../widgets/code-editor.ts';

type Source = 'seen' | 'example';

export interface MessageSource {
  /** The example; undefined for the last message that was seen; a text is the reason why the example is none. */
  message(): Record<string, unknown> | string | undefined;
  /** Offers the last message that was seen to be copied. */
  offerCopy(message: object | undefined): void;
  chooseExample(): void;
  destroy(): void;
}

/** What was typed as an example, by node, for as long as the editor is open. */
const examples = new Map<string, string>();

const FIRST_EXAMPLE = JSON.stringify({ payload: 'Hello', topic: '' }, undefined, 2);

/** Milliseconds between the last key and a new preview. */
const TYPING_PAUSE = 300;

/** Makes a message the example that a node's preview begins with. */
export function setExample(nodeId: string, message: object): void {
  examples.set(nodeId, JSON.stringify(message, undefined, 2));
}

/** @param onChange another message was chosen, or the example is another */
export function createMessageSource(container: JQuery, nodeId: string, onChange: () => void): MessageSource {
  let source: Source = 'seen';
  let example: CodeEditor | undefined;
  let seen: object | undefined;
  let typing: ReturnType<typeof setTimeout> | undefined;

  const choice = $('<select id="vivgrid-preview-source">').append(
    $('<option value="seen">').text(chatText('preview.seen')),
    $('<option value="example">').text(chatText('preview.example')),
  );
  const copy = $('<button type="button" class="red-ui-button" id="vivgrid-try-copy">')
    .text(chatText('try.copy'))
    .hide();
  $('<div class="form-row vivgrid-try-message">')
    .append(
      $('<label for="vivgrid-preview-source">').append(
        '<i class="fa fa-envelope-o"></i> ',
        $('<span>').text(chatText('preview.message')),
      ),
      choice,
      copy,
    )
    .appendTo(container);
  const row = $('<div class="vivgrid-preview-example">').hide().appendTo(container);

  choice.on('change', () => choose(choice.val() as Source));
  copy.on('click', () => {
    const text = JSON.stringify(seen, undefined, 2);
    examples.set(nodeId, text);
    example?.setValue(text);
    choose('example');
    example?.focus();
  });

  function choose(chosen: Source): void {
    source = chosen;
    choice.val(chosen);
    row.toggle(chosen === 'example');
    showCopy();
    if (chosen === 'example') example ??= createExample();
    onChange();
  }

  function createExample(): CodeEditor {
    return createCodeEditor({
      container: row,
      value: examples.get(nodeId) ?? FIRST_EXAMPLE,
      mode: 'json',
      label: chatText('preview.example'),
      onChange() {
        clearTimeout(typing);
        typing = setTimeout(onChange, TYPING_PAUSE);
      },
    });
  }

  function showCopy(): void {
    copy.toggle(source === 'seen' && seen !== undefined);
  }

  function readExample(): Record<string, unknown> | string {
    try {
      const value: unknown = JSON.parse(example?.value() || '{}');
      return isObject(value) ? value : chatText('preview.no-object');
    } catch (error) {
      return RED._('validator.errors.invalid-json', { error: (error as Error).message });
    }
  }

  return {
    message: () => (source === 'example' ? readExample() : undefined),
    offerCopy(message) {
      seen = message;
      showCopy();
    },
    chooseExample: () => choose('example'),
    destroy() {
      clearTimeout(typing);
      if (example) examples.set(nodeId, example.value());
      example?.destroy();
    },
  };
}
