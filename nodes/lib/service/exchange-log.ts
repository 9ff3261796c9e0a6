// The last exchanges of a service's messages, kept in memory for the editor to look at.
import type { ExchangeContent, ExchangeRow, ExchangeState, ExchangeTry } from '../common/exchanges.ts';
import type { Redact, Redactor } from '../common/redact.ts';
import type { Snapshot } from '../common/snapshot.ts';
import type { ToolActivity } from '../common/tool-activity.ts';
import type { Reply, Usage } from '../reply/reply.ts';
import type { SentRequest } from '../request/build-request.ts';
import type { ReplyDetails } from '../sending/reply-details.ts';
import { Excerpt } from './excerpt.ts';

/** Characters of an exchange's request, the message that led to it, its calls of tools, and all else: 64 kB. */
const REQUEST_ROOM = 24 * 1024;
const MESSAGE_ROOM = 16 * 1024;
const CALLS_ROOM = 10 * 1024;
const REST_ROOM = 14 * 1024;
/** Tries and calls are kept of the last, and of the first, so many. */
const MOST_ENTRIES = 100;

const ENDS: ReadonlySet<ExchangeState> = new Set<ExchangeState>(['finished', 'failed', 'cancelled']);

/** The service that a request was sent to. */
interface AskedService {
  name: string;
  redactor: Redactor;
}

/** Who the exchange is of. */
export type ExchangeOrigin = Pick<ExchangeRow, 'node' | 'template' | 'flow' | 'service'>;

/**
 * One message's exchange, brought up to date while it goes on. What is small is held as it is, and made presentable
 * when somebody looks at it: hardly any exchange is looked at.
 */
export class ExchangeRecord {
  readonly row: ExchangeRow;
  /** Whether the list has been told of its last change. */
  isTold = false;
  readonly #onChange: () => void;
  /** Takes out the secrets of the service that was asked last. */
  #redact: Redact;
  /** Those of the services before. */
  #earlierRedacts: Redact[] | undefined;
  readonly #message: Kept;
  #request: Kept | undefined;
  #tries: ExchangeTry[] | undefined;
  #calls: KeptCalls | undefined;
  #rest: Excerpt | undefined;
  #reply: ExchangeContent['reply'];
  #error: ExchangeContent['error'];
  #hasManyTries = false;

  constructor(row: ExchangeRow, seen: Snapshot, redact: Redact, onChange: () => void) {
    this.row = row;
    this.#message = new Kept(seen.message, seen.size, MESSAGE_ROOM);
    this.#redact = redact;
    this.#onChange = onChange;
    onChange();
  }

  /** Changes what the list shows of it. */
  update(changes: Partial<ExchangeRow>): void {
    Object.assign(this.row, changes);
    if (changes.state && ENDS.has(changes.state)) this.#calls?.close();
    this.#changed();
  }

  /** A request was sent: the last one stands for all, since each holds the rounds before it. */
  tried({ name: service, redactor: { redact } }: AskedService, { request, body }: SentRequest): void {
    if (redact !== this.#redact) {
      this.#earlierRedacts = [...(this.#earlierRedacts ?? []), this.#redact];
      this.#redact = redact;
    }
    const { length } = body;
    this.#request = new Kept(length <= REQUEST_ROOM ? body : request, length, REQUEST_ROOM);
    this.#tries ??= [];
    if (this.#tries.push({ service }) > MOST_ENTRIES) {
      this.#tries.shift();
      this.#hasManyTries = true;
    }
    const { row } = this;
    row.service = service;
    row.model = request.model;
    row.attempts++;
    row.state = 'asking';
    this.#changed();
  }

  /** The try that was made last has failed. */
  tryFailed(failure: Omit<ExchangeTry, 'service'>): void {
    Object.assign(this.#tries?.at(-1) ?? {}, failure, {
      message: this.#text(failure.message ?? ''),
    });
    this.#changed();
  }

  /** Something happened with a tool. */
  called(activity: ToolActivity): void {
    this.#calls ??= new KeptCalls();
    if (activity.state !== 'started') {
      this.#calls.ended(activity);
      this.#changed();
      return;
    }
    this.#calls.started(activity);
    this.update({ calls: this.row.calls + 1, state: 'calling' });
  }

  /** The reply as far as it has come. */
  replied({ text, choices }: Reply): void {
    const reasoning = choices[0]?.reasoning;
    this.#reply = reasoning
      ? { text: this.#text(text), reasoning: this.#text(reasoning) }
      : { text: this.#text(text) };
  }

  finished(reply: Reply, { usage, cost, timing }: ReplyDetails): void {
    this.replied(reply);
    Object.assign(this.row, timing, countsOf(usage));
    if (cost !== undefined) this.row.cost = cost;
    this.update({ state: 'finished' });
  }

  failed(code: string, message: string): void {
    this.#error = { code, message: this.#text(message) };
    this.update({ state: 'failed', code });
  }

  /** What was said, without secrets. */
  get content(): ExchangeContent {
    const redacts = [...(this.#earlierRedacts ?? []), this.#redact];
    const text = redacts.reduce((json, redact) => redact(json), JSON.stringify(this.#kept()));
    return JSON.parse(text) as ExchangeContent;
  }

  #kept(): ExchangeContent {
    const [message, request] = [this.#message.show(), this.#request?.show()];
    const parts = [message, request, this.#calls, this.#rest];
    return {
      message: message.value,
      ...(request && { request: request.value }),
      tries: this.#tries ?? [],
      calls: this.#calls?.list ?? [],
      ...(this.#reply && { reply: this.#reply }),
      ...(this.#error && { error: this.#error }),
      isCut: this.#hasManyTries || parts.some((part) => part?.isCut === true),
    };
  }

  #text(text: string): string {
    this.#rest ??= new Excerpt(REST_ROOM);
    return this.#rest.text(text);
  }

  #changed(): void {
    this.isTold = false;
    this.#onChange();
  }
}

/** Something that was said, with attachments named, as much of it as there is room for. */
interface Shown {
  value: object;
  isCut: boolean;
}

/** Something that was said: as it is where it is small, else what is shown of it. */
class Kept {
  readonly #room: number;
  /** Nobody changes it. A text is JSON. */
  readonly #value: object | string | undefined;
  readonly #shown: Shown | undefined;

  /** @param size characters and bytes */
  constructor(value: object | string, size: number, room: number) {
    this.#room = room;
    if (size <= room) this.#value = value;
    else this.#shown = shown(value, room);
  }

  show(): Shown {
    return this.#shown ?? shown(this.#value, this.#room);
  }
}

function shown(value: unknown, room: number): Shown {
  const excerpt = new Excerpt(room);
  const copy = excerpt.copy(typeof value === 'string' ? JSON.parse(value) : value) as object;
  return { value: copy, isCut: excerpt.isCut };
}

/** The calls of tools of one exchange. */
class KeptCalls {
  readonly list: ToolActivity[] = [];
  /** Those that have not ended, with the arguments that tell those of one function apart. */
  #open: { call: ToolActivity; known: unknown }[] = [];
  readonly #excerpt = new Excerpt(CALLS_ROOM);
  #hasMany = false;

  get isCut(): boolean {
    return this.#hasMany || this.#excerpt.isCut;
  }

  started({ arguments: known, result: _none, ...rest }: ToolActivity): void {
    const copy = this.#excerpt.copy({ arguments: known }) as Pick<ToolActivity, 'arguments'>;
    const call = { ...rest, ...copy };
    if (this.list.length < MOST_ENTRIES) this.list.push(call);
    else this.#hasMany = true;
    this.#open.push({ call, known });
  }

  ended({ arguments: known, result, ...rest }: ToolActivity): void {
    const ofName = this.#open.filter(({ call }) => call.name === rest.name);
    const open = ofName.find((each) => each.known === known) ?? ofName[0];
    if (!open) return;
    this.#open.splice(this.#open.indexOf(open), 1);
    Object.assign(open.call, rest, this.#excerpt.copy({ result }));
  }

  /** No more will be heard of those that have not ended. */
  close(): void {
    this.#open = [];
  }
}

function countsOf(usage: Usage | undefined): Pick<ExchangeRow, 'prompt_tokens' | 'completion_tokens'> {
  const { prompt_tokens, completion_tokens } = usage ?? {};
  return {
    ...(typeof prompt_tokens === 'number' && { prompt_tokens }),
    ...(typeof completion_tokens === 'number' && { completion_tokens }),
  };
}

/** Before the numbers of this process's exchanges: an editor may know those of an earlier one. */
const RUN = Date.now().toString(36);
let lastNumber = 0;

export class ExchangeLog {
  readonly #config: string;
  readonly #keep: number;
  readonly #onChange: () => void;
  /** In order of arrival. */
  readonly #records: ExchangeRecord[];

  /**
   * @param keep how many exchanges are kept; 0 = none, and nothing is told
   * @param onChange called when there is something for `takeChanges`
   * @param records those of the service before this one
   */
  constructor(config: string, keep: number, onChange: () => void, records: readonly ExchangeRecord[] = []) {
    this.#config = config;
    this.#keep = keep;
    this.#onChange = onChange;
    this.#records = records.slice(Math.max(0, records.length - keep));
  }

  /** The oldest first. */
  get records(): readonly ExchangeRecord[] {
    return this.#records;
  }

  /** The rows that are new or have changed since this was asked last, of those that are still kept. */
  takeChanges(): ExchangeRow[] {
    const changed = this.#records.filter(({ isTold }) => !isTold);
    for (const record of changed) record.isTold = true;
    return changed.map(({ row }) => row);
  }

  /**
   * Keeps an exchange from now on, in place of the oldest one, and shows it without the secrets that `redact` knows.
   * @param seen the message that it begins with
   */
  begin(origin: ExchangeOrigin, seen: Snapshot, redact: Redact): ExchangeRecord | undefined {
    if (this.#keep === 0) return undefined;
    if (this.#records.length >= this.#keep) this.#records.shift();
    const row: ExchangeRow = {
      id: `${RUN}-${++lastNumber}`,
      at: Date.now(),
      config: this.#config,
      ...origin,
      state: 'queued',
      attempts: 0,
      calls: 0,
    };
    const record = new ExchangeRecord(row, seen, redact, this.#onChange);
    this.#records.push(record);
    return record;
  }

  /** Forgets what has ended. What goes on would come back with its next change, and could not be opened. */
  clear(): void {
    this.#records.splice(0, Infinity, ...this.#records.filter(({ row }) => !ENDS.has(row.state)));
  }
}
