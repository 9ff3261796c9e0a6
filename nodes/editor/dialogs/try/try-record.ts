// What is known of a request that was tried.
import type { TryEvent } from '../../../lib/common/editor-requests.ts';
import { readMessage, type ShownRequest, settingsOf } from '../../widgets/readable-request.ts';

export type TryState = 'queued' | 'asking' | 'waiting' | 'receiving' | 'finished' | 'failed' | 'stopped';

/** Of `msg.vivgrid`, what is shown. */
export interface TryDetails {
  model?: string;
  service?: string;
  refusal?: string;
  cost?: number;
  usage?: { prompt_tokens?: number; completion_tokens?: number };
  timing?: { queued: number; first: number; total: number };
}

export interface TryRecord {
  /** From 1, by node. */
  number: number;
  request: ShownRequest;
  state: TryState;
  text: string;
  reasoning: string;
  details: TryDetails;
  /** Whether the text was to be JSON, and is. */
  hasValue: boolean;
  value?: unknown;
  /** Why the text is not the JSON that it should be. */
  problem?: string;
  calls: { name: string; arguments: string }[];
  /** Why there is no reply. */
  failure?: string;
}

export function beginTry(number: number, request: ShownRequest, service: string): TryRecord {
  return {
    number,
    request,
    state: 'queued',
    text: '',
    reasoning: '',
    details: { service },
    hasValue: false,
    calls: [],
  };
}

export function isRunning({ state }: TryRecord): boolean {
  return state !== 'finished' && state !== 'failed' && state !== 'stopped';
}

/** Brings a try up to date. */
export function takeEvent(record: TryRecord, event: TryEvent): void {
  switch (event.event) {
    case 'state':
      record.state = event.state;
      return;
    case 'piece':
      record.state = 'receiving';
      record[event.kind] = record[event.kind].slice(0, event.at) + event.text;
      return;
    case 'done':
      record.state = 'finished';
      record.details = event.details;
      record.hasValue = 'value' in event;
      record.value = event.value;
      if (event.problem !== undefined) record.problem = event.problem;
      record.calls = event.calls.map((call) => call.function);
      return;
    case 'failed':
      record.state = 'failed';
      record.failure = event.message;
  }
}

export interface Difference {
  /** A field of the request, or the role of a message. */
  name: string;
  values: [one: string, other: string];
}

/** How the requests of two tries differ: settings first, then the messages of the prompt. Blank = not there. */
export function differencesOf(one: TryRecord, other: TryRecord): Difference[] {
  const [ones, others] = [one, other].map(({ request, details }) =>
    Object.fromEntries([['service', details.service ?? ''], ...settingsOf(request)]),
  ) as [Record<string, string>, Record<string, string>];
  const names = [...new Set([...Object.keys(ones), ...Object.keys(others)])];
  const settings = names.map((name) => differing(name, ones[name], others[name]));
  const count = Math.max(one.request.messages?.length ?? 0, other.request.messages?.length ?? 0);
  const prompts = Array.from({ length: count }, (_, index) => {
    const [left, right] = [one, other].map(({ request }) => said(request.messages?.[index]));
    return differing(left?.role || right?.role || '', left?.text, right?.text);
  });
  return [...settings, ...prompts].filter((difference) => difference !== undefined);
}

function differing(name: string, one = '', other = ''): Difference | undefined {
  return one === other ? undefined : { name, values: [one, other] };
}

function said(message: unknown): { role: string; text: string } {
  const { role, text, attachments, calls } = readMessage(message);
  return { role, text: [text, ...attachments, ...calls].filter((line) => line !== '').join('\n') };
}
