// The tries of a node: a line each, to be looked at again, and two of them side by side.
import { amount, seconds } from '../../widgets/amounts.ts';
import { chatText } from '../../widgets/chat-text.ts';
import { differencesOf, type TryRecord } from './try-record.ts';

export interface TryList {
  /** Shows the tries, the last first. */
  show(tries: readonly TryRecord[], shown: TryRecord | undefined): void;
}

/** Characters of a reply in its line. */
const EXCERPT = 80;
const NOTHING = '–';

/** @param onChoose a try is to be looked at again */
export function createTryList(container: JQuery, onChoose: (record: TryRecord) => void): TryList {
  const rows = $('<tbody>');
  const headings = ['number', 'model', 'time', 'token-count', 'cost-heading', 'reply'].map((key) =>
    $('<th scope="col">').text(chatText(`try.${key}`)),
  );
  const table = $('<table class="vivgrid-tries">').append(
    $('<thead>').append($('<tr>').append(...headings, $('<td>'))),
    rows,
  );
  const comparison = $('<div class="vivgrid-comparison" role="region" tabindex="-1">')
    .attr('aria-label', chatText('try.comparison'))
    .hide();
  const section = $('<section>')
    .append($('<h4>').text(chatText('try.tries')), table, comparison)
    .hide()
    .appendTo(container);

  function rowOf(record: TryRecord, shown: TryRecord | undefined): JQuery {
    const { number, details, text, failure } = record;
    const { usage, timing, cost } = details;
    const tokens = usage && (usage.prompt_tokens ?? 0) + (usage.completion_tokens ?? 0);
    const cells = [
      String(number),
      details.model ?? String(record.request.model ?? ''),
      timing ? chatText('try.seconds', { seconds: seconds(timing.total) }) : NOTHING,
      tokens === undefined ? NOTHING : amount(tokens),
      cost === undefined ? NOTHING : amount(cost),
    ];
    const isShown = record === shown;
    const show = $('<button type="button" class="vivgrid-link">')
      .attr({ 'aria-label': chatText('try.show-try', { number }), 'aria-current': isShown ? 'true' : null })
      .text(excerptOf(failure ?? (text || record.calls.map(({ name }) => name).join(', '))))
      .on('click', () => onChoose(record));
    return $('<tr>')
      .toggleClass('vivgrid-shown-try', isShown)
      .append(
        ...cells.map((cell) => $('<td>').text(cell)),
        $('<td class="vivgrid-try-excerpt">').append(show),
        $('<td>').append(
          isShown || !shown ? $('<span>').text(isShown ? '●' : '') : compareButton(record, shown),
        ),
      );
  }

  function compareButton(record: TryRecord, shown: TryRecord): JQuery {
    return $('<button type="button" class="red-ui-button red-ui-button-small">')
      .attr('aria-label', chatText('try.compare-with', { number: record.number }))
      .text(chatText('try.compare'))
      .on('click', () => compare(record, shown));
  }

  function compare(one: TryRecord, other: TryRecord): void {
    const close = $('<button type="button" class="red-ui-button red-ui-button-small">')
      .attr('aria-label', chatText('try.close-comparison'))
      .append('<i class="fa fa-times" aria-hidden="true">')
      .on('click', () => comparison.hide());
    comparison
      .empty()
      .append(comparisonTable(one, other, close))
      .show()
      .trigger('focus');
    comparison[0]?.scrollIntoView({ block: 'nearest' });
  }

  return {
    show(tries, shown) {
      section.toggle(tries.length > 0);
      comparison.hide();
      rows.empty().append(...tries.toReversed().map((record) => rowOf(record, shown)));
    },
  };
}

/** What differs between two tries, then their replies. */
function comparisonTable(one: TryRecord, other: TryRecord, close: JQuery): JQuery {
  const pair = [one, other] as const;
  const line = (name: string, values: readonly string[]): JQuery =>
    $('<tr>').append(
      $('<th scope="row">').text(name),
      ...values.map((value) => $('<td>').append($('<div class="vivgrid-said-text">').text(value))),
    );
  const differences = differencesOf(one, other);
  const head = $('<tr>').append(
    $('<td>').append(close),
    ...pair.map(({ number }) => $('<th scope="col">').text(`# ${number}`)),
  );
  const same = $('<tr>').append($('<td colspan="3">').text(chatText('try.same-request')));
  return $('<table>').append(
    $('<thead>').append(head),
    $('<tbody>').append(
      ...(differences.length > 0 ? differences.map(({ name, values }) => line(name, values)) : [same]),
      line(
        chatText('try.reply'),
        pair.map(({ text, failure, problem, calls }) =>
          [text, failure, problem, ...calls.map((call) => `→ ${call.name} ${call.arguments}`)]
            .filter((part) => part)
            .join('\n'),
        ),
      ),
    ),
  );
}

function excerptOf(text: string): string {
  const line = text.trim().replace(/\s+/g, ' ');
  if (line === '') return NOTHING;
  return line.length > EXCERPT ? `${line.slice(0, EXCERPT)}…` : line;
}
