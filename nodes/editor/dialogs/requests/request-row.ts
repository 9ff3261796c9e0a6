// A row of the list of requests: a line that opens to what was sent and received.
import type { ExchangeContent, ExchangeRow } from '../../../lib/common/exchanges.ts';
import { amount, seconds, timeOfDay } from '../../widgets/amounts.ts';
import { chatText } from '../../widgets/chat-text.ts';
import { nameOf, reveal } from './places.ts';
import { showContent } from './request-content.ts';

export interface RequestRow {
  readonly element: JQuery;
  readonly row: ExchangeRow;
  update(row: ExchangeRow): void;
}

const ICONS: Partial<Record<ExchangeRow['state'], string>> = {
  finished: 'fa-check',
  failed: 'fa-times',
  cancelled: 'fa-ban',
};

export function createRequestRow(first: ExchangeRow): RequestRow {
  let row = first;
  let isOpen = false;
  let isLoading = false;
  let isStale = false;

  const contentId = `vivgrid-request-${row.id}`;
  const chevron = $('<i class="fa fa-angle-right" aria-hidden="true">');
  const time = $('<span>');
  const toggle = $('<button type="button" class="vivgrid-request-toggle" aria-expanded="false">')
    .attr('aria-controls', contentId)
    .append(chevron, time);
  const name = $('<button type="button" class="vivgrid-link vivgrid-request-name">');
  const state = $('<span class="vivgrid-request-state">');
  const line = $('<div class="vivgrid-request-line">').append(toggle, name, state);
  const content = $('<div class="vivgrid-request-content">').attr('id', contentId).hide();
  const element = $('<li class="vivgrid-request">').append(line, content);
  name.on('click', (event) => {
    event.stopPropagation();
    reveal(row);
  });
  line.on('click', () => setOpen(!isOpen));
  fill();

  function fill(): void {
    const words = stateWords(row);
    time.text(timeOfDay(row.at));
    name.text(nameOf(row)).attr('title', chatText('requests.show'));
    toggle.attr('aria-label', `${timeOfDay(row.at)} ${nameOf(row)}, ${words}`);
    state
      .attr('class', `vivgrid-request-state vivgrid-request-${row.state}`)
      .empty()
      .append(
        $('<i aria-hidden="true">').addClass(`fa ${ICONS[row.state] ?? 'fa-circle'}`),
        $('<span>').text(words),
      );
  }

  function setOpen(opens: boolean): void {
    isOpen = opens;
    toggle.attr('aria-expanded', String(opens));
    chevron.toggleClass('fa-angle-right', !opens).toggleClass('fa-angle-down', opens);
    content.toggle(opens);
    if (opens) void load();
  }

  /** Once more, if something has changed meanwhile. */
  async function load(): Promise<void> {
    if (isLoading) {
      isStale = true;
      return;
    }
    isLoading = true;
    isStale = false;
    const said = await contentOf(row.id);
    isLoading = false;
    if (isOpen) showContent(content, row, said);
    if (isStale) await load();
  }

  return {
    element,
    get row() {
      return row;
    },
    update(changed) {
      row = changed;
      fill();
      if (isOpen) void load();
    },
  };
}

async function contentOf(id: string): Promise<ExchangeContent | { reason: string }> {
  try {
    const { content } = await $.getJSON(`vivgrid-chat/requests/${encodeURIComponent(id)}`);
    return content;
  } catch (response) {
    const { status } = response as JQuery.jqXHR;
    if (status === 401 || status === 403) return { reason: chatText('requests.forbidden') };
    return {
      reason: status === 404 ? chatText('requests.gone') : chatText('requests.no-runtime', { status }),
    };
  }
}

/** `0.8 s, 312 + 88`, `rate limit, tries: 3`, `receiving`. */
function stateWords({
  state,
  code,
  total,
  attempts,
  calls,
  prompt_tokens,
  completion_tokens,
}: ExchangeRow): string {
  const tries = attempts > 1 && calls === 0 ? chatText('requests.tries', { number: attempts }) : '';
  const made = calls > 0 ? chatText('requests.calls', { number: calls }) : '';
  if (state === 'finished') {
    const time = total === undefined ? '' : chatText('try.seconds', { seconds: seconds(total) });
    const tokens =
      prompt_tokens === undefined ? '' : `${amount(prompt_tokens)} + ${amount(completion_tokens ?? 0)}`;
    return [time, tokens, made, tries].filter((text) => text !== '').join(', ');
  }
  if (state === 'failed') {
    const failure = chatText(code ? `status.failed.${code}` : 'try.state.failed');
    return [failure, tries].filter((text) => text !== '').join(', ');
  }
  return chatText(`try.state.${state}`);
}
