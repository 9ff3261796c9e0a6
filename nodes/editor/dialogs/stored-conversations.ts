// The part of the Conversation tab on what the deployed node has stored: how much, since when, and to forget it.
import type { ConversationsOutcome } from '../../lib/common/editor-requests.ts';
import { askRuntime } from '../widgets/ask-runtime.ts';

/** Shows what is stored of the node's conversations, and lets them be forgotten. */
export function prepareStoredConversations(node: EditorNode & { z?: string }): void {
  const url = `vivgrid-chat/${encodeURIComponent(node.id)}/conversations`;
  const button = $('#vivgrid-chat-forget').on('click', askToForget).hide();
  const text = (key: string, values?: Record<string, string | number>): string =>
    node._(`vivgrid-chat.stored.${key}`, values);
  const isInSubflow = node.z !== undefined && RED.nodes.subflow(node.z) !== undefined;
  if (isInSubflow) say(text('subflow'));
  else void $.getJSON(url).then(show);

  function say(words: string): void {
    $('#vivgrid-chat-stored').text(words);
  }

  function show(stored: ConversationsOutcome): void {
    button.toggle(stored.outcome === 'stored' && stored.count > 0);
    say(wordsFor(stored));
  }

  function wordsFor(stored: ConversationsOutcome): string {
    switch (stored.outcome) {
      case 'stored':
        return countWords(stored);
      case 'unknown':
        return text('unknown');
      case 'none':
        return text('not-deployed');
      case 'failed':
        return stored.message;
    }
  }

  function countWords({ count, changed }: Extract<ConversationsOutcome, { outcome: 'stored' }>): string {
    if (count === 0) return text('none');
    const words = text(count === 1 ? 'one' : 'many', { number: count.toLocaleString(RED.i18n.lang()) });
    if (changed === undefined) return text('unchanged', { count: words });
    const time = new Date(changed).toLocaleString(RED.i18n.lang(), {
      dateStyle: 'medium',
      timeStyle: 'short',
    });
    return text('changed', { count: words, time });
  }

  function askToForget(): void {
    const question = RED.notify(text('question'), {
      modal: true,
      fixed: true,
      type: 'warning',
      buttons: [
        { text: RED._('common.label.cancel'), click: () => question.close() },
        {
          text: text('forget'),
          class: 'primary',
          click: () => {
            question.close();
            void forget();
          },
        },
      ],
    });
  }

  async function forget(): Promise<void> {
    const stored = await askRuntime<ConversationsOutcome>(`${url}/forget`, {}, (status) =>
      node._('vivgrid-chat.preview.no-runtime', { status }),
    );
    if (stored.outcome === 'failed') RED.notify($('<p>').text(stored.message).html(), 'error');
    else show(stored);
  }
}
