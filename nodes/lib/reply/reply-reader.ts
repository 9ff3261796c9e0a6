// Turns the bytes of an answer into a reply, by what they are: events, or one JSON body. Knows no connection.
import { ChatError } from '../common/errors.ts';
import { isObject } from '../common/is-object.ts';
import { parseJson } from '../common/parse-json.ts';
import { plainWords } from '../common/plain-words.ts';
import type { Redact } from '../common/redact.ts';
import { readErrorObject } from '../http/error-body.ts';
import { serviceFailure } from '../http/service-failure.ts';
import { type PlatformOptions, PlatformRecords } from './platform-records.ts';
import { EventReader } from './read-events.ts';
import type { Give, Piece, Reply } from './reply.ts';
import { ReplyEnd, type Silence } from './reply-end.ts';

export interface ReaderOptions {
  redact: Redact;
  silence: Silence;
  /** The answer's content type, for an error to name. */
  type: string;
  platform: PlatformOptions | undefined;
  onPiece: Give;
}

const NEWLINE = 0x0a;
/** White space, and the bytes of a byte order mark. */
const BEFORE_ALL: ReadonlySet<number> = new Set([0x09, NEWLINE, 0x0d, 0x20, 0xef, 0xbb, 0xbf]);
const OPENING: ReadonlySet<number> = new Set([0x7b, 0x5b]);
/** What the lines of a stream begin with. */
const FIELDS: readonly string[] = ['data:', 'event:', 'id:', 'retry:'];
/** Bytes of an answer that is no reply, to be shown. */
const SHOWN = 200;

/** Every method throws the ChatError that the answer comes to, if it is one. */
export class ReplyReader {
  /** Whether the reply is complete: what comes now doesn't count. */
  isEnded = false;
  readonly #reply: Reply;
  readonly #options: ReaderOptions;
  readonly #end: ReplyEnd;
  #events: EventReader | undefined;
  #form: 'unknown' | 'json' | 'events' = 'unknown';
  /** What can't be read yet: bytes before the first that shows the form, or a JSON body. */
  #bytes: Buffer[] = [];
  /** Where the next line of a JSON body is looked for: the first may be all of it. */
  #isFirstLine = true;
  #isBody = false;
  /** Whether anything of a reply's form came. */
  #isReply = false;
  /** What came first, as long as that is no reply. */
  #start = '';
  /** What is being read of events. */
  #fresh: Buffer | undefined;
  /** Whether a piece was given on. */
  #hasGiven = false;
  /** Whether the bytes at hand held a chunk, and a piece of the reply. */
  #hasChunk = false;
  #hasPiece = false;

  constructor(reply: Reply, options: ReaderOptions) {
    this.#reply = reply;
    this.#options = options;
    this.#end = new ReplyEnd(reply, options.silence);
    // Made while nothing has come yet, the reader is not waited for when it does.
    if (options.type.includes('event-stream')) this.#events = this.#createEvents();
  }

  push(bytes: Buffer): void {
    if (this.isEnded) return;
    this.#end.bytes();
    if (this.#form === 'events') this.#readEvents(bytes);
    else if (this.#form === 'json') this.#readJson(bytes);
    else this.#findForm(bytes);
    // The end may have come with the last chunk: then there is no silence to wait for.
    if (this.#hasChunk && !this.isEnded) this.#end.chunk(this.#hasPiece);
    this.#hasChunk = false;
    this.#hasPiece = false;
  }

  /** The connection has ended as it should. */
  end(): void {
    if (this.isEnded) return;
    if (this.#form === 'json') this.#readBody();
    else this.#events?.end();
    if (!this.isEnded) this.#settle();
  }

  /** The connection broke, or was ended. Once the model has finished, that takes nothing away. */
  fail(error: unknown): void {
    if (this.isEnded) return;
    if (!this.#isFinished) throw error;
    this.end();
  }

  /** What the reply failed with in the end: what was held back belongs to what came before. */
  giveHeld(): void {
    this.#reply.end(this.#hasGiven ? this.#options.onPiece : () => {});
  }

  /** A whole body came in one piece; a stream says when it is finished. */
  get #isFinished(): boolean {
    return this.#reply.isFinished || (this.#isBody && this.#reply.isWhole);
  }

  #findForm(bytes: Buffer): void {
    this.#bytes.push(bytes);
    const first = bytes.find((byte) => !BEFORE_ALL.has(byte));
    if (first === undefined) return;
    const all = this.#bytes.length === 1 ? bytes : Buffer.concat(this.#bytes);
    this.#bytes = [];
    this.#form = OPENING.has(first) ? 'json' : 'events';
    if (this.#form === 'json') this.#readJson(all.subarray(all.indexOf(first)));
    else this.#readEvents(all);
  }

  #readEvents(bytes: Buffer): void {
    this.#fresh = bytes;
    this.#events ??= this.#createEvents();
    this.#events.push(bytes);
    this.#keepStart();
  }

  /** Of what is no reply so far: it may have to be shown. */
  #keepStart(): void {
    const fresh = this.#fresh;
    this.#fresh = undefined;
    if (fresh && !this.#isReply && this.#start.length < SHOWN)
      this.#start += fresh.toString('utf8', 0, SHOWN);
  }

  #createEvents(): EventReader {
    const { platform, redact } = this.#options;
    const reply = this.#reply;
    const records = new PlatformRecords(platform ?? { ownTools: new Set(), onActivity: () => {} });
    const sink = {
      isFinished: () => this.#isFinished,
      event: (data: unknown) => this.#add(data),
      record: (letter: string, data: unknown) => {
        this.#isReply = true;
        const chunk = records.toChunk(letter, data);
        if (chunk) this.#add(chunk);
        return reply.isFinished;
      },
      done: () => this.#settle(),
    };
    return new EventReader(sink, redact);
  }

  #readJson(bytes: Buffer): void {
    this.#bytes.push(bytes);
    const end = this.#isFirstLine ? bytes.indexOf(NEWLINE) : -1;
    if (end === -1) return;
    this.#isFirstLine = false;
    const all = Buffer.concat(this.#bytes);
    const lineEnd = all.length - bytes.length + end;
    const first = parseBody(this.#options.redact(all.toString('utf8', 0, lineEnd)));
    // A body in lines of its own is read when it has come whole.
    if (first === undefined) return;
    this.#bytes = [];
    this.#form = 'events';
    this.#isBody = true;
    this.#add(first);
    this.#readEvents(all.subarray(lineEnd));
  }

  #readBody(): void {
    const [first, ...others] = this.#bytes;
    const bytes = first && others.length === 0 ? first : Buffer.concat(this.#bytes);
    const text = this.#options.redact(bytes.toString('utf8'));
    const parsed = parseBody(text);
    this.#start = text;
    this.#isBody = true;
    if (parsed !== undefined) this.#add(parsed);
  }

  #add(data: unknown): void {
    if (isObject(data) && 'choices' in data) this.#isReply = true;
    else if (!this.#isReply && this.#isBody) this.#start ||= JSON.stringify(data);
    const isPiece = this.#isBody ? this.#addBody(data) : this.#reply.add(data, this.#give);
    this.#hasChunk = true;
    if (isPiece) this.#hasPiece = true;
  }

  /** Of a body it is known at once whether it failed: then nothing of it is given on. */
  #addBody(data: unknown): boolean {
    const pieces: Piece[] = [];
    const isPiece = this.#reply.add(data, (piece) => pieces.push(piece));
    if (this.#reply.failedBy === undefined) for (const piece of pieces) this.#give(piece);
    return isPiece;
  }

  readonly #give: Give = (piece) => {
    this.#hasGiven = true;
    this.#options.onPiece(piece);
  };

  /** Everything has come: is it a reply? */
  #settle(): void {
    const reply = this.#reply;
    if (!this.#isFinished) throw this.#failure();
    if (reply.failedBy !== undefined) {
      const words = `finish_reason: ${reply.failedBy}`;
      throw new ChatError('server', { words, status: '' }, { retryable: true });
    }
    this.isEnded = true;
    reply.end(this.#give);
  }

  #failure(): ChatError {
    this.#keepStart();
    const start = this.#start.trim();
    const isCut = FIELDS.some((field) => field.startsWith(start));
    const isReply = this.#isReply || (this.#events?.hasBegun && !this.#isBody) || isCut;
    if (isReply) {
      const mayPass = !this.#isBody && !this.#reply.hasBegun;
      return new ChatError('incomplete', {}, { retryable: mayPass });
    }
    return notAReply(this.#options.redact(start), this.#options.type);
  }
}

const END_MARKER = /\[(?:done|end)\]/gi;

/** Some services send the end marker, or a word like it, behind a JSON body, too. */
function parseBody(text: string): unknown {
  const parsed = parseJson(text);
  if (parsed !== undefined) return parsed;
  const marker = [...text.matchAll(END_MARKER)].at(-1);
  if (!marker) return undefined;
  const before = text.slice(0, marker.index).trimEnd();
  return parseJson(before.endsWith('data:') ? before.slice(0, -'data:'.length) : before);
}

// JSON that breaks off was cut on its way; anything else never was a reply.
function notAReply(body: string, type: string): ChatError {
  const parsed = parseJson(body);
  if (parsed === undefined && /^(\{|\[\s*([[{"]|$))/.test(body)) return new ChatError('incomplete');
  if (isObject(parsed)) {
    // Some services tell of a failure with a status in the body only.
    const failure = readErrorObject(parsed);
    if (failure.status !== undefined) return serviceFailure(failure);
  }
  return new ChatError('server_no_reply', { type: type || '?', words: plainWords(body, 120) });
}
