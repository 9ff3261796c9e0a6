// Pictures and sound that a model makes, as bytes.
import { isObject } from '../common/is-object.ts';
import type { Redact } from '../common/redact.ts';

/** A picture's bytes, or its address. */
export type Picture = Buffer | string;

/** The pictures of a delta or message: in `images`, or as parts of its content. */
export function readPictures({ images, content }: Record<string, unknown>): Picture[] {
  const items = [
    ...(Array.isArray(images) ? images : [images]),
    ...(Array.isArray(content) ? content.filter(isPicturePart) : []),
  ];
  return items.flatMap((item) => pictureOf(item) ?? []);
}

function isPicturePart(part: unknown): boolean {
  return isObject(part) && /image/.test(String(part.type));
}

// `{type: "image_url", image_url: {url}}`, and shorter ways to say that.
function pictureOf(item: unknown): Picture | undefined {
  if (typeof item === 'string') return item === '' ? undefined : fromAddress(item);
  if (!isObject(item)) return undefined;
  const { b64_json, data, image_url, url, image, source, inline_data } = item;
  const base64 = b64_json ?? data;
  if (typeof base64 === 'string') return Buffer.from(base64, 'base64');
  return pictureOf(image_url ?? url ?? image ?? source ?? inline_data);
}

function fromAddress(address: string): Picture {
  const comma = address.indexOf(',');
  if (!/^data:/i.test(address) || comma === -1) return address;
  const data = address.slice(comma + 1);
  if (/;\s*base64\s*$/i.test(address.slice(0, comma))) return Buffer.from(data, 'base64');
  try {
    return Buffer.from(decodeURIComponent(data));
  } catch {
    return address;
  }
}

/** A spoken reply, as the service describes it: `id`, `expires_at`, `transcript` and others; `data` are the bytes. */
export interface Audio {
  data?: Buffer;
  transcript?: string;
  [further: string]: unknown;
}

/** Puts a spoken reply together. */
export class AudioPieces {
  readonly #fields: Record<string, unknown> = {};
  #bytes: Buffer[] = [];
  #hasData = false;
  /** Characters of base64 that are no whole bytes yet. */
  #rest = '';

  addDelta({ data, transcript, ...fields }: Record<string, unknown>): void {
    for (const [name, value] of Object.entries(fields)) {
      if (value !== null || !(name in this.#fields)) this.#fields[name] = value;
    }
    if (typeof transcript === 'string') {
      this.#fields.transcript = `${this.#fields.transcript ?? ''}${transcript}`;
    }
    if (typeof data === 'string') this.#addData(data);
  }

  /** The same reply again, in one piece. */
  addWhole(audio: Record<string, unknown>): void {
    if (typeof audio.data === 'string') {
      this.#bytes = [];
      this.#rest = '';
    }
    if (typeof audio.transcript === 'string') delete this.#fields.transcript;
    this.addDelta(audio);
  }

  /** Takes secrets out of what is said. */
  redact(redact: Redact): void {
    const { transcript } = this.#fields;
    if (typeof transcript === 'string') this.#fields.transcript = redact(transcript);
  }

  get audio(): Audio {
    const data = Buffer.concat([...this.#bytes, Buffer.from(this.#rest, 'base64')]);
    return { ...this.#fields, ...(this.#hasData && { data }) };
  }

  // Some services encode each piece by itself, others cut one text anywhere.
  #addData(data: string): void {
    this.#hasData = true;
    const text = this.#rest + data;
    const whole = text.endsWith('=') ? text.length : text.length - (text.length % 4);
    this.#bytes.push(Buffer.from(text.slice(0, whole), 'base64'));
    this.#rest = text.slice(whole);
  }
}
