// The reply to a request that is tried, as it comes, and what is known of it in the end.
import { amount, seconds } from '../../widgets/amounts.ts';
import { chatText } from '../../widgets/chat-text.ts';
import { createReasoning } from '../../widgets/reasoning.ts';
import { isRunning, type TryDetails, type TryRecord } from './try-record.ts';

export interface ReplyView {
  show(record: TryRecord): void;
}

/** Hidden until there is something to show. */
export function createReplyView(container: JQuery): ReplyView {
  const title = $('<h4>');
  const state = $('<span class="vivgrid-try-state" role="status">');
  const reasoning = createReasoning();
  const text = $('<div class="vivgrid-said-text">');
  const box = $('<div class="vivgrid-try-reply" tabindex="0" role="region">')
    .attr('aria-label', chatText('try.reply'))
    .append(reasoning.element, text);
  const outcome = $('<div class="vivgrid-try-outcome">');
  const section = $('<section>')
    .append($('<div class="vivgrid-try-head">').append(title, state), box, outcome)
    .hide()
    .appendTo(container);
  let shown: TryRecord | undefined;
  let said = '';

  return {
    show(record) {
      section.show();
      title.text(`${chatText('try.reply')} ${record.number}`);
      // A screen reader says it at each change.
      const words = `${record.number} ${record.state}`;
      if (words !== said) state.text(chatText(`try.state.${record.state}`));
      said = words;
      const element = box[0] as HTMLElement;
      const isAtEnd = element.scrollHeight - element.scrollTop - element.clientHeight < 20;
      reasoning.show(record.reasoning);
      text
        .text(record.text || record.details.refusal || '')
        .toggleClass('vivgrid-try-cursor', isRunning(record));
      if (shown !== record) element.scrollTop = 0;
      else if (isAtEnd && isRunning(record)) element.scrollTop = element.scrollHeight;
      shown = record;
      outcome.empty().append(...outcomeOf(record));
    },
  };
}

function outcomeOf(record: TryRecord): JQuery[] {
  if (isRunning(record)) return [];
  const { details, failure, problem, hasValue, value, calls } = record;
  const lines = [
    $('<div class="vivgrid-try-details">').text(detailsLine(details)),
    failure === undefined ? undefined : markedLine('failed', failure),
    problem === undefined ? undefined : markedLine('failed', problem),
    hasValue ? markedLine('works', chatText('try.valid')) : undefined,
    hasValue ? $('<pre class="vivgrid-try-value">').text(JSON.stringify(value, undefined, 2)) : undefined,
    ...calls.map((call) => callLine(call)),
    calls.length > 0 ? $('<div class="vivgrid-note-hint">').text(chatText('try.not-run')) : undefined,
  ];
  return lines.filter((line) => line !== undefined);
}

/** Model, service, times, tokens and cost, as far as they are known. */
function detailsLine({ model, service, timing, usage, cost }: TryDetails): string {
  const parts = [
    model,
    service,
    timing && chatText('try.first', { seconds: seconds(timing.first) }),
    timing && chatText('try.total', { seconds: seconds(timing.total) }),
    tokensLine(usage),
    cost === undefined ? undefined : chatText('try.cost', { number: amount(cost) }),
  ];
  return parts.filter((part) => part).join(' · ');
}

/** `312 + 88 tokens`; blank when neither is known. */
export function tokensLine({ prompt_tokens, completion_tokens }: TryDetails['usage'] = {}): string {
  if (prompt_tokens === undefined && completion_tokens === undefined) return '';
  return chatText('try.tokens', {
    number: `${amount(prompt_tokens ?? 0)} + ${amount(completion_tokens ?? 0)}`,
  });
}

function callLine(call: { name: string; arguments: string }): JQuery {
  return $('<div class="vivgrid-try-call">').append(
    $('<span>').text(chatText('try.would-call')),
    $('<code>').text(`${call.name} ${call.arguments}`),
  );
}

function markedLine(kind: 'works' | 'failed', words: string): JQuery {
  const icon = kind === 'works' ? 'fa-check' : 'fa-times';
  return $('<div>')
    .addClass(`vivgrid-try-${kind}`)
    .append($('<i aria-hidden="true">').addClass(`fa ${icon}`), $('<span>').text(words));
}
