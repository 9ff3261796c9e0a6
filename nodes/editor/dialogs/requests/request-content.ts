// What was sent and received, in an opened row of the list of requests.
import type { ExchangeContent, ExchangeRow, ExchangeTry } from '../../../lib/common/exchanges.ts';
import type { ToolActivity } from '../../../lib/common/tool-activity.ts';
import { amount, seconds } from '../../widgets/amounts.ts';
import { chatText } from '../../widgets/chat-text.ts';
import { readableRequest, type ShownRequest, settingsOf } from '../../widgets/readable-request.ts';
import { createReasoning } from '../../widgets/reasoning.ts';
import { openPreviewOf } from '../try/preview-of.ts';
import { canvasNode, reveal } from './places.ts';

/** Replaces what an element shows of a request. What was unfolded stays so. */
export function showContent(
  container: JQuery,
  row: ExchangeRow,
  content: ExchangeContent | { reason: string },
): void {
  const open = container
    .find('details[open]')
    .toArray()
    .map(({ className }) => className);
  const said =
    'reason' in content ? [$('<div class="vivgrid-note-hint">').text(content.reason)] : partsOf(row, content);
  const message = 'reason' in content ? undefined : content.message;
  container
    .empty()
    .append($('<div class="vivgrid-request-about">').text(aboutLine(row)), ...said, buttonsOf(row, message));
  for (const name of open) container.find(`details[class="${name}"]`).prop('open', true);
}

function partsOf(row: ExchangeRow, content: ExchangeContent): JQuery[] {
  const { request, tries, calls, reply, error, isCut } = content;
  return [
    ...(request ? [part('sent', sentOf(request as ShownRequest))] : []),
    ...tries.map((one, index) => tryOf(one, index, row, tries.length)),
    ...(calls.length > 0 ? [part('made', $('<div>').append(...calls.map(callOf)))] : []),
    ...(reply ? [part('reply', replyOf(reply))] : []),
    ...(error ? [part('error', $('<div class="vivgrid-try-failed">').text(error.message))] : []),
    ...(isCut ? [$('<div class="vivgrid-note-hint">').text(chatText('requests.cut'))] : []),
  ];
}

/** Service, model, times, tokens and cost, as far as they are known. */
function aboutLine(row: ExchangeRow): string {
  const { service, model, queued, first, total, attempts, prompt_tokens, completion_tokens, cost } = row;
  const time = (key: string, ms: number | undefined) =>
    ms === undefined ? '' : chatText(key, { seconds: seconds(ms) });
  const tokens = `${amount(prompt_tokens ?? 0)} + ${amount(completion_tokens ?? 0)}`;
  const parts = [
    service,
    model ?? '',
    time('requests.queued', queued),
    time('try.first', first),
    time('try.total', total),
    attempts > 1 ? chatText('requests.tries', { number: attempts }) : '',
    prompt_tokens === undefined ? '' : chatText('try.tokens', { number: tokens }),
    cost === undefined ? '' : chatText('try.cost', { number: amount(cost) }),
  ];
  return parts.filter((text) => text !== '').join(' · ');
}

function part(key: 'sent' | 'made' | 'reply' | 'error', what: JQuery): JQuery {
  const name = chatText(key === 'reply' ? 'try.reply' : `requests.${key}`);
  return labelled(name, what);
}

function labelled(name: string, what: JQuery): JQuery {
  return $('<div class="vivgrid-request-part">').append(
    $('<div class="vivgrid-request-label">').text(name),
    what.addClass('vivgrid-request-what'),
  );
}

function sentOf(request: ShownRequest): JQuery {
  const settings = settingsOf(request)
    .filter(([name]) => !['model', 'tools', 'stream', 'stream_options'].includes(name))
    .map(([name, value]) => `${name} ${value}`);
  const about = [
    chatText('requests.messages', { number: request.messages?.length ?? 0 }),
    ...(request.tools ? [chatText('requests.tools', { number: request.tools.length })] : []),
    ...settings,
  ];
  return $('<details class="vivgrid-request-sent">').append(
    $('<summary>').text(about.join(', ')),
    readableRequest(request),
  );
}

function tryOf(one: ExchangeTry, index: number, row: ExchangeRow, count: number): JQuery {
  const name = chatText('requests.try', { number: index + 1 });
  const who = one.service === row.service ? '' : ` ${one.service}`;
  const failure = one.message ?? one.code;
  if (failure !== undefined)
    return labelled(name, $('<div class="vivgrid-try-failed">').text(`✗${who} ${failure}`));
  const isOver = index < count - 1 || row.state === 'finished';
  return labelled(name, $('<div>').text(`${isOver ? '✓' : '…'}${who}`));
}

function callOf({ name, arguments: args, result, state, server, ms }: ToolActivity): JQuery {
  const parts = [server, name, write(args), ...(result === undefined ? [] : ['→', write(result)])];
  const end = ms === undefined ? '' : ` ${chatText('try.seconds', { seconds: seconds(ms) })}`;
  return $('<div>')
    .toggleClass('vivgrid-try-failed', state === 'failed')
    .text(parts.filter((text) => text !== undefined && text !== '').join(' ') + end);
}

function write(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

function replyOf({ text, reasoning = '' }: { text: string; reasoning?: string }): JQuery {
  const view = createReasoning();
  view.show(reasoning);
  return $('<div>').append(view.element, $('<div class="vivgrid-said-text">').text(text));
}

function buttonsOf(row: ExchangeRow, message: object | undefined): JQuery {
  const node = canvasNode(row);
  const button = (key: string, onClick: () => void): JQuery =>
    $('<button type="button" class="red-ui-button red-ui-button-small">')
      .text(chatText(`requests.${key}`))
      .on('click', onClick);
  if (!node) return $();
  const open = message && button('open', () => openPreviewOf(node, message));
  return $('<div class="vivgrid-request-buttons">').append(
    button('show', () => reveal(row)),
    ...(open ? [open] : []),
  );
}
