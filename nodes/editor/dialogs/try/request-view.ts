// The request of the preview: readable, or as JSON.
import { amount } from '../../widgets/amounts.ts';
import { chatText } from '../../widgets/chat-text.ts';
import { type CodeEditor, createCodeEditor } from '../../widgets/code-editor.ts';
import { readableRequest, type ShownRequest, tokensOf } from '../../widgets/readable-request.ts';

type View = 'readable' | 'json';

/** The one that was looked at last, for as long as the editor is open. */
let view: View = 'readable';

export interface RequestView {
  /** Shows a request; nothing when there is none. */
  show(request: ShownRequest | undefined): void;
  destroy(): void;
}

export function createRequestView(container: JQuery): RequestView {
  let request: ShownRequest | undefined;
  let editor: CodeEditor | undefined;

  const size = $('<span class="vivgrid-try-size">');
  const buttons = (['readable', 'json'] as const).map((name) =>
    $('<button type="button" class="red-ui-button red-ui-button-small toggle">')
      .attr('data-view', name)
      .text(chatText(`try.${name}`))
      .on('click', () => choose(name)),
  );
  const group = $('<span class="button-group" role="group">').attr('aria-label', chatText('try.view'));
  $('<div class="vivgrid-try-head">')
    .append($('<h4>').text(chatText('preview.request')), size, group.append(...buttons))
    .appendTo(container);
  const body = $('<div class="vivgrid-preview-body">').appendTo(container);
  const readable = $('<div class="vivgrid-try-readable" tabindex="0" role="region">')
    .attr('aria-label', chatText('preview.request'))
    .appendTo(body);
  const json = $('<div class="vivgrid-try-json">').appendTo(body);
  choose(view);

  function choose(chosen: View): void {
    view = chosen;
    for (const button of buttons) {
      const isChosen = button.attr('data-view') === chosen;
      button.toggleClass('selected', isChosen).attr('aria-pressed', String(isChosen));
    }
    readable.toggle(chosen === 'readable');
    json.toggle(chosen === 'json');
    if (chosen === 'json') {
      editor ??= createCodeEditor({
        container: json,
        value: '',
        mode: 'json',
        label: chatText('preview.request'),
        readOnly: true,
      });
    }
    fill();
  }

  function fill(): void {
    size.text(request ? chatText('try.size', { number: amount(tokensOf(request)) }) : '');
    if (view === 'json') editor?.setValue(request ? JSON.stringify(request, undefined, 2) : '');
    else readable.empty().append(request ? readableRequest(request) : '');
  }

  return {
    show(shown) {
      request = shown;
      fill();
    },
    destroy: () => editor?.destroy(),
  };
}
