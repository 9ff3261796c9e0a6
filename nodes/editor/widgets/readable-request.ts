// A request as people read it: who says what, with real line breaks and attachments by their names.
import { isObject } from '../../lib/common/is-object.ts';

/** A request's body as far as it is shown. */
export interface ShownRequest {
  messages?: unknown[];
  tools?: unknown[];
  [field: string]: unknown;
}

const CHARACTERS_A_TOKEN = 4;

/** A message in parts that are shown in different ways. */
export interface SaidMessage {
  role: string;
  text: string;
  attachments: string[];
  calls: string[];
}

/** The messages of a request, then its other fields. */
export function readableRequest(request: ShownRequest): JQuery {
  const lines = (request.messages ?? []).map((message) => {
    const { role, text, attachments, calls } = readMessage(message);
    return $('<div class="vivgrid-said">').append(
      $('<span class="vivgrid-role-badge">').text(role),
      $('<div class="vivgrid-said-what">').append(
        text === '' ? '' : $('<div class="vivgrid-said-text">').text(text),
        ...attachments.map((name) => $('<div class="vivgrid-said-more">').text(`+ ${name}`)),
        ...calls.map((call) => $('<div class="vivgrid-said-more">').text(`→ ${call}`)),
      ),
    );
  });
  const fields = settingsOf(request).map(([name, value]) => `${name}: ${value}`);
  return $('<div>').append(...lines, $('<div class="vivgrid-said-fields">').text(fields.join(' · ')));
}

export function readMessage(message: unknown): SaidMessage {
  const { role, content, tool_calls } = (isObject(message) ? message : {}) as Record<string, unknown>;
  const parts = Array.isArray(content) ? content : [content];
  const texts = parts.map(textOf).filter((text) => text !== '');
  return {
    role: String(role ?? ''),
    text: texts.join('\n'),
    attachments: parts.map(attachmentOf).filter((name) => name !== ''),
    calls: (Array.isArray(tool_calls) ? tool_calls : []).map((call) =>
      `${call?.function?.name ?? ''} ${call?.function?.arguments ?? ''}`.trim(),
    ),
  };
}

/** The fields besides the messages, as short texts; tools and schemas by their names. */
export function settingsOf(request: ShownRequest): [name: string, value: string][] {
  return Object.entries(request)
    .filter(([name]) => name !== 'messages')
    .map(([name, value]) => [name, name === 'tools' ? namesOf(value) : shortOf(value)]);
}

/** About how many tokens the texts of a request are; attachments are not counted. */
export function tokensOf({ messages = [], tools, response_format }: ShownRequest): number {
  const said = messages.map(readMessage).flatMap(({ text, calls }) => [text, ...calls]);
  const rest = [tools, response_format].map((field) => (field ? JSON.stringify(field) : ''));
  return Math.ceil([...said, ...rest].join('').length / CHARACTERS_A_TOKEN);
}

function namesOf(tools: unknown): string {
  const names = (Array.isArray(tools) ? tools : []).map((tool) => tool?.function?.name ?? tool?.type ?? '');
  return names.join(', ');
}

function shortOf(value: unknown): string {
  const name = isObject(value) && isObject(value.json_schema) ? value.json_schema.name : undefined;
  if (typeof name === 'string') return `json_schema (${name})`;
  if (isObject(value) && typeof value.type === 'string' && Object.keys(value).length === 1) return value.type;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function textOf(part: unknown): string {
  if (typeof part === 'string') return part;
  return isObject(part) && typeof part.text === 'string' ? part.text : '';
}

/** `[image/png, 34 kB]`, or the address of what is only linked to. */
function attachmentOf(part: unknown): string {
  if (!isObject(part)) return '';
  const { image_url, input_audio, file } = part as Record<string, Record<string, unknown> | undefined>;
  if (image_url) return named(String(image_url.url ?? ''), 'image');
  if (input_audio) return named(String(input_audio.data ?? ''), `audio/${input_audio.format ?? ''}`);
  if (file) return named(String(file.file_data ?? file.filename ?? ''), 'application/pdf');
  return '';
}

function named(data: string, kind: string): string {
  if (/^(https?:|\[)/.test(data)) return data;
  const [start, type = kind] = /^data:([^;,]+)[^,]*,/.exec(data.slice(0, 200)) ?? [''];
  const size = Math.ceil(((data.length - start.length) * 3) / 4 / 1000);
  return `[${type}, ${size} kB]`;
}
