// The platform's own stream form: records of one letter each, the only form in which the platform's
// own tools can be seen. Its records are turned into the chunks of the plain form, so that one reader serves both.
import { parseJson } from '../common/parse-json.ts';
import type { ToolActivity } from '../common/tool-activity.ts';

/** A line of that form: a letter, a colon, data that is JSON but for `p`. The space after the colon may be missing. */
export const PLATFORM_RECORD = /^([cgmufrp]): ?(.*)$/s;

/** The request header that asks for this form. */
export const PLATFORM_HEADERS: Readonly<Record<string, string>> = { 'X-Response-Format': 'vivgrid' };

export interface PlatformOptions {
  /** Names of the functions that flows answer: calls of these are for us, all others are the platform's. */
  ownTools: ReadonlySet<string>;
  /** Something happened with one of the platform's tools. */
  onActivity(activity: ToolActivity): void;
}

interface CallRecord {
  tool_call_id?: unknown;
  name?: unknown;
  arguments?: unknown;
  result?: unknown;
  status?: unknown;
}

export class PlatformRecords {
  readonly #options: PlatformOptions;
  readonly #open = new Map<unknown, { name: string; arguments: unknown; started: number }>();
  /** A call may be told of again when its `status` changes. */
  readonly #seen = new Set<unknown>();
  #ownCalls = 0;

  constructor(options: PlatformOptions) {
    this.#options = options;
  }

  /** The chunk of the plain form that a record stands for, if it is not about a tool of the platform. */
  toChunk(letter: string, data: unknown): object | undefined {
    switch (letter) {
      case 'c':
        return delta({ content: data });
      case 'g':
        return delta({ reasoning_content: data });
      case 'm':
        return { model: data };
      case 'u':
        return { usage: data };
      case 'f':
        return this.#call((data ?? {}) as CallRecord);
      case 'r':
        this.#result((data ?? {}) as CallRecord);
        return undefined;
      default:
        return data === 'finish' ? delta({}, this.#ownCalls > 0 ? 'tool_calls' : 'stop') : undefined;
    }
  }

  #call(record: CallRecord): object | undefined {
    const { tool_call_id: id } = record;
    const name = String(record.name ?? '');
    const text =
      typeof record.arguments === 'string' ? record.arguments : JSON.stringify(record.arguments ?? {});
    if (id !== undefined && this.#seen.has(id)) return undefined;
    this.#seen.add(id);
    if (this.#options.ownTools.has(name)) {
      const call = { index: this.#ownCalls++, id, type: 'function', function: { name, arguments: text } };
      return delta({ tool_calls: [call] });
    }
    const call = { name, arguments: parsed(text) };
    this.#open.set(id, { ...call, started: performance.now() });
    this.#options.onActivity({ ...call, state: 'started', by: 'platform' });
    return undefined;
  }

  #result({ tool_call_id: id, name, result, status }: CallRecord): void {
    const call = this.#open.get(id);
    if (!call && this.#seen.has(id)) return;
    this.#open.delete(id);
    this.#options.onActivity({
      name: call?.name ?? String(name ?? ''),
      arguments: call?.arguments ?? {},
      result,
      state: /fail|error/i.test(String(status ?? '')) ? 'failed' : 'finished',
      by: 'platform',
      ...(call && { ms: Math.round(performance.now() - call.started) }),
    });
  }
}

function delta(fields: object, finish_reason?: string): object {
  return { choices: [{ index: 0, delta: fields, ...(finish_reason && { finish_reason }) }] };
}

function parsed(text: string): unknown {
  return text.trim() === '' ? {} : (parseJson(text) ?? text);
}
