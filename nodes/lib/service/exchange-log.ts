// The last exchanges of a service's messages, kept in memory for the editor to look at.
import type { ExchangeContent, ExchangeRow, ExchangeTry } from '../common/exchanges.ts';
import type { ToolActivity } from '../common/tool-activity.ts';
import type { Reply, Usage } from '../reply/reply.ts';
import type { ChatRequest } from '../request/build-request.ts';
import type { ReplyDetails } from '../sending/reply-details.ts';
import { Excerpt } from './excerpt.ts';

/** Characters of an exchange's request, of the message that led to it, and of all else together: 64 kB. */
const REQUEST_ROOM = 24 * 1024;
const MESSAGE_ROOM = 16 * 1024;
const REST_ROOM = 24 * 1024;

/** Who the exchange is of. */
export type ExchangeOrigin = Pick<ExchangeRow, 'node' | 'template' | 'flow' | 'service'>;

/** One message's exchange, brought up to date while it goes on. */
export class ExchangeRecord {
  readonly row: ExchangeRow;
  readonly #onChange: (record: ExchangeRecord) => void;
  readonly #tries: ExchangeTry[] = [];
  readonly #calls: ToolActivity[] = [];
  readonly #rest = new Excerpt(REST_ROOM);
  #message: object | undefined;
  #isMessageCut = false;
  #request: object | undefined;
  #reply: ExchangeContent['reply'];
  #error: ExchangeContent['error'];
  #isRequestCut = false;

  constructor(row: ExchangeRow, onChange: (record: ExchangeRecord) => void) {
    this.row = row;
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
    this.#onChange(this);
  }

  /** A request was sent: the last one stands for all, since each holds the rounds before it. */
  tried(service: string, request: ChatRequest): void {
    const excerpt = new Excerpt(REQUEST_ROOM);
    this.#request = excerpt.copy(request) as object;
    this.#isRequestCut = excerpt.isCut;
    this.#tries.push({ service });
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
    if (activity.state === 'started') {
      this.update({ calls: this.row.calls + 1, state: 'calling' });
      this.#calls.push(this.#rest.copy(activity) as ToolActivity);
      return;
    }
    const open = this.#calls.findLast(({ state, name }) => state === 'started' && name === activity.name);
    const { arguments: _known, ...outcome } = activity;
    Object.assign(open ?? {}, this.#rest.copy(outcome));
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

  get content(): ExchangeContent {
    return {
      ...(this.#message && { message: this.#message }),
      ...(this.#request && { request: this.#request }),
      tries: this.#tries,
      calls: this.#calls,
      ...(this.#reply && { reply: this.#reply }),
      ...(this.#error && { error: this.#error }),
      isCut: this.#isMessageCut || this.#isRequestCut || this.#rest.isCut,
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

  /** Keeps an exchange from now on, in place of the oldest one. */
  begin(origin: ExchangeOrigin): ExchangeRecord | undefined {
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
    const record = new ExchangeRecord(row, this.#onChange);
    this.#records.push(record);
    return record;
  }

  clear(): void {
    this.#records.length = 0;
  }
}
