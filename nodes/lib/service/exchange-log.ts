// The last exchanges of a service's messages, kept in memory for the editor to look at.
import type { ExchangeContent, ExchangeRow, ExchangeState, ExchangeTry } from '../common/exchanges.ts';
import type { Redact, Redactor } from '../common/redact.ts';
import type { ToolActivity } from '../common/tool-activity.ts';
import type { Reply, Usage } from '../reply/reply.ts';
import type { ChatRequest } from '../request/build-request.ts';
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

/** One message's exchange, brought up to date while it goes on. */
export class ExchangeRecord {
  readonly row: ExchangeRow;
  readonly #onChange: (record: ExchangeRecord) => void;
  readonly #tries: ExchangeTry[] = [];
  readonly #calls: ToolActivity[] = [];
  /** Calls that have not ended, with the arguments that tell those of one function apart. */
  #openCalls: { call: ToolActivity; known: unknown }[] = [];
  readonly #ofCalls = new Excerpt(CALLS_ROOM);
  readonly #rest = new Excerpt(REST_ROOM);
  /** Takes out the secrets of each service that was asked. */
  readonly #redacts = new Set<Redact>();
  #message: object | undefined;
  #isMessageCut = false;
  #request: object | undefined;
  #reply: ExchangeContent['reply'];
  #error: ExchangeContent['error'];
  #isRequestCut = false;
  #isListCut = false;

  constructor(row: ExchangeRow, redact: Redact, onChange: (record: ExchangeRecord) => void) {
    this.row = row;
    this.#redacts.add(redact);
    this.#onChange = onChange;
    onChange(this);
  }

  /** The message as it came. */
  set message(message: object) {
    const excerpt = new Excerpt(MESSAGE_ROOM);
    this.#message = excerpt.copy(message) as object;
    this.#isMessageCut = excerpt.isCut;
  }

  /** Changes what the list shows of it. */
  update(changes: Partial<ExchangeRow>): void {
    Object.assign(this.row, changes);
    if (changes.state && ENDS.has(changes.state)) this.#openCalls = [];
    this.#onChange(this);
  }

  /** A request was sent: the last one stands for all, since each holds the rounds before it. */
  tried({ name: service, redactor }: AskedService, request: ChatRequest): void {
    this.#redacts.add(redactor.redact);
    const excerpt = new Excerpt(REQUEST_ROOM);
    this.#request = excerpt.copy(request) as object;
    this.#isRequestCut = excerpt.isCut;
    if (this.#tries.push({ service }) > MOST_ENTRIES) {
      this.#tries.shift();
      this.#isListCut = true;
    }
    this.update({ service, model: request.model, attempts: this.row.attempts + 1, state: 'asking' });
  }

  /** The try that was made last has failed. */
  tryFailed(failure: Omit<ExchangeTry, 'service'>): void {
    Object.assign(this.#tries.at(-1) ?? {}, failure, {
      message: this.#rest.text(failure.message ?? ''),
    });
    this.#onChange(this);
  }

  /** Something happened with a tool. */
  called(activity: ToolActivity): void {
    const { arguments: known, result, ...rest } = activity;
    if (activity.state === 'started') {
      const call = {
        ...rest,
        ...(this.#ofCalls.copy({ arguments: known }) as Pick<ToolActivity, 'arguments'>),
      };
      if (this.#calls.length < MOST_ENTRIES) this.#calls.push(call);
      else this.#isListCut = true;
      this.#openCalls.push({ call, known });
      this.update({ calls: this.row.calls + 1, state: 'calling' });
      return;
    }
    const ofName = this.#openCalls.filter(({ call }) => call.name === activity.name);
    const open = ofName.find((each) => each.known === known) ?? ofName[0];
    if (!open) return;
    this.#openCalls.splice(this.#openCalls.indexOf(open), 1);
    Object.assign(open.call, rest, this.#ofCalls.copy({ result }));
    this.#onChange(this);
  }

  /** The reply as far as it has come. */
  replied({ text, choices }: Reply): void {
    const reasoning = choices[0]?.reasoning;
    this.#reply = {
      text: this.#rest.text(text),
      ...(reasoning && { reasoning: this.#rest.text(reasoning) }),
    };
  }

  finished(reply: Reply, { usage, cost, timing }: ReplyDetails): void {
    this.replied(reply);
    this.update({
      state: 'finished',
      ...timing,
      ...countsOf(usage),
      ...(cost !== undefined && { cost }),
    });
  }

  failed(code: string, message: string): void {
    this.#error = { code, message: this.#rest.text(message) };
    this.update({ state: 'failed', code });
  }

  /** What was said, without secrets. */
  get content(): ExchangeContent {
    const text = [...this.#redacts].reduce((json, redact) => redact(json), JSON.stringify(this.#kept()));
    return JSON.parse(text) as ExchangeContent;
  }

  #kept(): ExchangeContent {
    const excerpts = [this.#ofCalls, this.#rest];
    return {
      ...(this.#message && { message: this.#message }),
      ...(this.#request && { request: this.#request }),
      tries: this.#tries,
      calls: this.#calls,
      ...(this.#reply && { reply: this.#reply }),
      ...(this.#error && { error: this.#error }),
      isCut:
        this.#isMessageCut || this.#isRequestCut || this.#isListCut || excerpts.some(({ isCut }) => isCut),
    };
  }
}

function countsOf(usage: Usage | undefined): Pick<ExchangeRow, 'prompt_tokens' | 'completion_tokens'> {
  const { prompt_tokens, completion_tokens } = usage ?? {};
  return {
    ...(typeof prompt_tokens === 'number' && { prompt_tokens }),
    ...(typeof completion_tokens === 'number' && { completion_tokens }),
  };
}

let lastId = 0;

export class ExchangeLog {
  readonly #config: string;
  readonly #keep: number;
  readonly #onChange: (record: ExchangeRecord) => void;
  /** In order of arrival. */
  readonly #records: ExchangeRecord[];

  /**
   * @param keep how many exchanges are kept; 0 = none, and nothing is told
   * @param records those of the service before this one
   */
  constructor(
    config: string,
    keep: number,
    onChange: (record: ExchangeRecord) => void,
    records: readonly ExchangeRecord[] = [],
  ) {
    this.#config = config;
    this.#keep = keep;
    this.#onChange = onChange;
    this.#records = records.slice(Math.max(0, records.length - keep));
  }

  /** The oldest first. */
  get records(): readonly ExchangeRecord[] {
    return this.#records;
  }

  /** Keeps an exchange from now on, in place of the oldest one, and shows it without the secrets that `redact` knows. */
  begin(origin: ExchangeOrigin, redact: Redact): ExchangeRecord | undefined {
    if (this.#keep === 0) return undefined;
    if (this.#records.length >= this.#keep) this.#records.shift();
    const row: ExchangeRow = {
      id: `${Date.now().toString(36)}-${lastId++}`,
      at: Date.now(),
      config: this.#config,
      ...origin,
      state: 'queued',
      attempts: 0,
      calls: 0,
    };
    const record = new ExchangeRecord(row, redact, this.#onChange);
    this.#records.push(record);
    return record;
  }

  /** Forgets what has ended. What goes on would come back with its next change, and could not be opened. */
  clear(): void {
    this.#records.splice(0, Infinity, ...this.#records.filter(({ row }) => !ENDS.has(row.state)));
  }
}
