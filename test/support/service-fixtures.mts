// What services really send: each file of bytes in test/fixtures/services with its outcome in the file beside it.
import { readdirSync, readFileSync } from 'node:fs';
import type { ErrorCause, ErrorCode } from '../../nodes/lib/common/errors.ts';
import type { ChatSettings } from '../../nodes/lib/common/settings.ts';

/** What a reply comes to: its text or texts, and the details of `msg.vivgrid`, all of them but `id` and the like. */
export interface ExpectedReply {
  text: string | string[];
  [detail: string]: unknown;
}

export interface ExpectedFailure {
  code: ErrorCode;
  /** A part of the error's message. */
  words?: string;
  /** All of `err.cause` but the number of attempts. */
  cause?: ErrorCause;
  /** Whether the same request may be tried again. */
  retryable?: boolean;
}

export interface Outcome {
  /** Goes on after "should read". */
  title: string;
  reply?: ExpectedReply;
  failure?: ExpectedFailure;
  /** The same where a stream was asked for and that makes a difference. */
  streamed?: { reply: ExpectedReply };
  /** What a streamed reply is sent on as, piece by piece: texts, or reasoning. */
  pieces?: (string | { reasoning: string })[];
  /** Of a failed one, the texts that were sent before. */
  sent?: string[];
  /** The value that a reply comes to in a JSON format. */
  value?: unknown;
  /** What becomes of calls of the tool `t`. */
  round?: {
    /** The arguments of the calls that it got. */
    ran: object[];
    /** The arguments that the service gets back with the results. */
    sentBack?: string[];
    /** Parts of the results. */
    results?: string[];
  };
  status?: number;
  type?: string;
  headers?: Record<string, string>;
  /** Replies that are asked for. */
  n?: number;
  /** Milliseconds of silence allowed. */
  timeout?: number;
  /** Settings of the chat node. */
  chat?: Partial<ChatSettings>;
  /** Without its silences, which nobody waits for, it comes to something else. */
  needsSilence?: boolean;
}

export interface ServiceFixture extends Outcome {
  name: string;
  bytes: Buffer;
  status: number;
  type: string;
}

const FOLDER = new URL('../fixtures/services/', import.meta.url);
const TYPES: Readonly<Record<string, string>> = {
  sse: 'text/event-stream',
  body: 'application/json',
  txt: 'text/html',
};

export const serviceFixtures: ServiceFixture[] = readdirSync(FOLDER)
  .filter((file) => !file.endsWith('.outcome.json'))
  .map((file) => {
    const [name = '', extension = ''] = file.split('.');
    const outcome: Outcome = JSON.parse(readFileSync(new URL(`${name}.outcome.json`, FOLDER), 'utf8'));
    const type = TYPES[extension] ?? '';
    return { name, bytes: readFileSync(new URL(file, FOLDER)), status: 200, type, ...outcome };
  });

/** Bytes that come, or milliseconds in which nothing does. */
export type Step = Buffer | number;

/** A line `: silence 4000` stands for four seconds in which nothing comes. */
export function stepsOf({ bytes }: ServiceFixture): Step[] {
  return bytes
    .toString('latin1')
    .split(/^(: silence \d+\n)/m)
    .flatMap((part): Step[] => {
      const [, milliseconds] = /^: silence (\d+)/.exec(part) ?? [];
      const bytes = Buffer.from(part, 'latin1');
      return milliseconds === undefined ? [bytes] : [bytes, Number(milliseconds)];
    });
}

/** Bytes as `base64:…`, as the outcomes have them. */
export function withoutBytes(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return `base64:${value.toString('base64')}`;
  if (Array.isArray(value)) return value.map(withoutBytes);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withoutBytes(item)]));
}
