// The list of requests, the newest on top.
import type { ExchangeRow } from '../../../lib/common/exchanges.ts';
import { CONFIG_DEFAULTS } from '../../../lib/common/settings.ts';
import { chatText } from '../../widgets/chat-text.ts';
import { isInPlace, type PlaceFilter } from './places.ts';
import { createRequestRow, type RequestRow } from './request-row.ts';

export interface RequestFilter {
  place: PlaceFilter;
  failuresOnly: boolean;
}

export class RequestList {
  readonly #list = $('<ol class="vivgrid-requests-list">').attr('aria-label', chatText('requests.title'));
  readonly #blank = $('<div class="vivgrid-requests-blank">');
  readonly #more = $('<div class="vivgrid-requests-more" role="status">').hide();
  /** By their ids, in order of arrival. */
  readonly #rows = new Map<string, RequestRow>();
  /** What has come or changed during a pause. */
  readonly #held = new Map<string, ExchangeRow>();
  #filter: RequestFilter = { place: 'all', failuresOnly: false };
  #isPaused = false;

  constructor(container: JQuery) {
    container.append(this.#more, this.#list, this.#blank);
    this.applyFilter();
  }

  /** All that there is, in place of what was shown. */
  replace(rows: readonly ExchangeRow[]): void {
    const ids = new Set(rows.map(({ id }) => id));
    for (const id of this.#rows.keys()) if (!ids.has(id)) this.#remove(id);
    this.#held.clear();
    this.#take(rows);
    this.#showHeld();
  }

  /** Rows that are new or have changed. */
  update(rows: readonly ExchangeRow[]): void {
    if (!this.#isPaused) {
      this.#take(rows);
      return;
    }
    for (const row of rows) this.#held.set(row.id, row);
    this.#showHeld();
  }

  clear(): void {
    for (const id of [...this.#rows.keys()]) this.#remove(id);
    this.#held.clear();
    this.#showHeld();
    this.applyFilter();
  }

  setPaused(isPaused: boolean): void {
    this.#isPaused = isPaused;
    if (isPaused) return;
    const held = [...this.#held.values()];
    this.#held.clear();
    this.#take(held);
    this.#showHeld();
  }

  setFilter(filter: Partial<RequestFilter>): void {
    this.#filter = { ...this.#filter, ...filter };
    this.applyFilter();
  }

  /** After the flow that is shown, the selected nodes or the nodes themselves have changed. */
  applyFilter(): void {
    for (const row of this.#rows.values()) this.#filterRow(row);
    const isBlank = ![...this.#rows.values()].some(({ row }) => this.#fits(row));
    this.#blank
      .text(chatText(this.#rows.size === 0 ? 'requests.none' : 'requests.none-fits'))
      .toggle(isBlank);
  }

  #take(rows: readonly ExchangeRow[]): void {
    for (const row of rows.toSorted((one, other) => one.at - other.at)) {
      const known = this.#rows.get(row.id);
      if (known) known.update(row);
      else this.#add(row);
    }
    this.#trim();
    this.applyFilter();
  }

  #add(row: ExchangeRow): void {
    const added = createRequestRow(row);
    this.#rows.set(row.id, added);
    // Services keep their requests apart, so one may come late.
    const later = [...this.#rows.values()].filter((other) => other !== added && other.row.at > row.at);
    const last = later.reduce<RequestRow | undefined>(
      (least, other) => (least && least.row.at <= other.row.at ? least : other),
      undefined,
    );
    if (last) last.element.after(added.element);
    else this.#list.prepend(added.element);
  }

  /** Drops what the runtime keeps no more. */
  #trim(): void {
    const kept = new Map<string, number>();
    const newestFirst = [...this.#rows.values()].sort((one, other) => other.row.at - one.row.at);
    for (const { row } of newestFirst) {
      const count = (kept.get(row.config) ?? 0) + 1;
      kept.set(row.config, count);
      if (count > keepOf(row.config)) this.#remove(row.id);
    }
  }

  #remove(id: string): void {
    this.#rows.get(id)?.element.remove();
    this.#rows.delete(id);
  }

  #filterRow(row: RequestRow): void {
    row.element.toggle(this.#fits(row.row));
  }

  #fits(row: ExchangeRow): boolean {
    const { place, failuresOnly } = this.#filter;
    return (!failuresOnly || row.state === 'failed') && isInPlace(row, place);
  }

  #showHeld(): void {
    const number = [...this.#held.keys()].filter((id) => !this.#rows.has(id)).length;
    this.#more.text(chatText('requests.more', { number })).toggle(number > 0);
  }
}

/** How many requests of a config node are kept. */
function keepOf(configId: string): number {
  const keep = Number(RED.nodes.node(configId)?.keep ?? CONFIG_DEFAULTS.keep);
  return Number.isFinite(keep) ? keep : Number(CONFIG_DEFAULTS.keep);
}
