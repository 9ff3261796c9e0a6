// Pictures, sounds and documents from the flow, made into content parts of the API. Their kind is told by their bytes.
import { types } from 'node:util';
import { bytesOf } from '../common/bytes.ts';
import { ChatError, wordsOf } from '../common/errors.ts';
import type { Evaluate } from '../common/evaluate.ts';
import type { AttachmentRow } from '../common/settings.ts';

/** A content part of a message, as the API takes it. */
export interface ContentPart {
  type: string;
  [field: string]: unknown;
}

/** Evaluates the rows for a message. Rejects with a ChatError `attachment` that says what was found instead. */
export type AttachmentsBuilder = (message: object) => Promise<ContentPart[]>;

/** Rows that yield `undefined`, `null` or nothing are skipped; arrays yield a part for each item. */
export function createAttachmentsBuilder(
  rows: readonly AttachmentRow[],
  evaluate: Evaluate,
): AttachmentsBuilder {
  const used = rows.filter(({ value }) => value.trim() !== '');
  return async (message) => {
    const parts = await Promise.all(
      used.map(async ({ value, type }) => {
        let found: unknown[];
        try {
          // An array that holds itself has no end.
          found = [await evaluate(value, type, message)].flat(Infinity);
        } catch (error) {
          throw new ChatError('attachment_value', { type, value, words: wordsOf(error) });
        }
        return found.flatMap((item) => toPart(item, `${type}.${value}`));
      }),
    );
    return parts.flat();
  };
}

function toPart(value: unknown, source: string): ContentPart[] {
  if (value === undefined || value === null || value === '') return [];
  const bytes = bytesOf(value);
  if (bytes) return bytes.length === 0 ? [] : [partOfBytes(bytes, source)];
  if (isBufferAsJson(value)) return toPart(Buffer.from(value.data), source);
  if (types.isSet(value)) return [...value].flatMap((item) => toPart(item, source));
  const given = value instanceof URL ? value.href : value;
  if (typeof given !== 'string') throw new ChatError('attachment_type', { source, found: typeof given });
  const text = given.trim();
  if (text === '') return [];
  if (/^https?:\/\//i.test(text) && URL.canParse(text)) return [partOfUrl(text)];
  const file = bytesOfDataUrl(text);
  if (!file) throw new ChatError('attachment_type', { source, found: `“${text.slice(0, 40)}”` });
  return file.length === 0 ? [] : [partOfBytes(file, source)];
}

// What a Buffer becomes in a context store that keeps JSON, such as the file store after a restart.
function isBufferAsJson(value: unknown): value is { data: number[] } {
  if (typeof value !== 'object' || value === null) return false;
  const { type, data } = value as Record<string, unknown>;
  return type === 'Buffer' && Array.isArray(data);
}

// RFC 2397; its own type is not believed.
function bytesOfDataUrl(text: string): Buffer | undefined {
  const comma = text.indexOf(',');
  if (!/^data:/i.test(text) || comma === -1) return undefined;
  // Base64 may be escaped, too: as part of an address its `+`, `/` and `=` often are.
  const data = text
    .slice(comma + 1)
    .replace(/%([0-9a-f]{2})/gi, (_escape, hex) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(data, /;\s*base64\s*$/i.test(text.slice(0, comma)) ? 'base64' : 'latin1');
}

// A service fetches addresses itself, so there are no bytes to look at.
function partOfUrl(url: string): ContentPart {
  const namesPdf = /\.pdf$/i.test(new URL(url).pathname);
  return namesPdf ? { type: 'file', file: { file_url: url } } : { type: 'image_url', image_url: { url } };
}

interface Kind {
  matches(bytes: Buffer): boolean;
  part(base64: string): ContentPart;
}

const startsWith = (text: string, at = 0) => {
  return (bytes: Buffer): boolean => bytes.toString('latin1', at, at + text.length) === text;
};
const image = (subtype: string) => {
  return (base64: string): ContentPart => ({
    type: 'image_url',
    image_url: { url: `data:image/${subtype};base64,${base64}` },
  });
};
const audio = (format: string) => {
  return (data: string): ContentPart => ({ type: 'input_audio', input_audio: { data, format } });
};
const isRiff = startsWith('RIFF');

const KINDS: readonly Kind[] = [
  { matches: startsWith('\x89PNG\r\n\x1a\n'), part: image('png') },
  { matches: startsWith('\xff\xd8\xff'), part: image('jpeg') },
  { matches: startsWith('GIF8'), part: image('gif') },
  { matches: (bytes) => isRiff(bytes) && startsWith('WEBP', 8)(bytes), part: image('webp') },
  { matches: (bytes) => isRiff(bytes) && startsWith('WAVE', 8)(bytes), part: audio('wav') },
  { matches: startsWith('ID3'), part: audio('mp3') },
  { matches: isMpegAudio, part: audio('mp3') },
  {
    matches: isPdf,
    part: (base64) => ({
      type: 'file',
      file: { filename: 'document.pdf', file_data: `data:application/pdf;base64,${base64}` },
    }),
  },
];

// A frame's eleven sync bits, then layer III and a bit rate and sampling rate that exist.
function isMpegAudio(bytes: Buffer): boolean {
  const [first = 0, second = 0, third = 0] = bytes;
  return first === 0xff && (second & 0xe6) === 0xe2 && third >> 4 !== 0xf && (third & 0x0c) !== 0x0c;
}

/** Readers take what stands before the header (a byte order mark, a line feed, a mail's headers) if it is no more. */
const PDF_HEADER_WITHIN = 1024;

function isPdf(bytes: Buffer): boolean {
  return bytes.subarray(0, PDF_HEADER_WITHIN).includes('%PDF-');
}

function partOfBytes(bytes: Buffer, source: string): ContentPart {
  const kind = KINDS.find(({ matches }) => matches(bytes));
  if (!kind)
    throw new ChatError('attachment_kind', {
      source,
      start: bytes.toString('hex', 0, 8),
      bytes: bytes.length,
    });
  return kind.part(bytes.toString('base64'));
}
