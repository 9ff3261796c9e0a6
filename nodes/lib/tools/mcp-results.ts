// What an MCP server's tool answered, as text for the model.
import { isObject } from '../common/is-object.ts';
import { failed, type ToolOutcome } from './tool.ts';

/** A result of `tools/call`, as far as it is looked at. Servers put into it what they like. */
export interface McpResult {
  content?: unknown;
  structuredContent?: unknown;
  isError?: unknown;
}

/**
 * The texts of a result, joined by line breaks, or its structured content where there is none; what is no text is named
 * in brackets.
 */
export function readMcpResult({ content, structuredContent, isError }: McpResult): ToolOutcome {
  const parts = (Array.isArray(content) ? content : []).filter(isObject);
  const texts = parts.map(textOf);
  const lines = parts.map((part, index) => texts[index] ?? nameOf(part));
  const text = (texts.some(Boolean) ? lines : withoutText(lines, structuredContent)).join('\n');
  return isError === true ? failure(text) : { text, isError: false };
}

/** The lines of a result without a text, or with empty ones, as some servers put beside structured content. */
function withoutText(lines: readonly string[], structuredContent: unknown): string[] {
  const isNone = structuredContent === undefined || structuredContent === null;
  const first = isNone ? [] : [JSON.stringify(structuredContent)];
  return [...first, ...lines.filter((line) => line !== '')];
}

// Most servers begin with the word themselves.
function failure(text: string): ToolOutcome {
  if (/^(\w*error|mcp error)\b/i.test(text)) return { text, isError: true };
  return failed(text || 'The tool failed and gave no reason.');
}

function textOf({ type, text, resource }: Record<string, unknown>): string | undefined {
  if (type === 'text' && typeof text === 'string') return text;
  const embedded = type === 'resource' && isObject(resource) ? resource.text : undefined;
  return typeof embedded === 'string' ? embedded : undefined;
}

/** What the model is told of a part that it can't be given. */
function nameOf({ type, uri, data, mimeType, resource }: Record<string, unknown>): string {
  if (type === 'resource_link') return `[${String(uri)}]`;
  const { blob = data, mimeType: kind = mimeType, uri: address } = isObject(resource) ? resource : {};
  const size = typeof blob === 'string' ? `, ${sizeOf(Buffer.byteLength(blob, 'base64'))}` : '';
  return `[${String(kind ?? address ?? type)}${size}]`;
}

function sizeOf(bytes: number): string {
  return bytes < 1000 ? `${bytes} bytes` : `${Math.round(bytes / 1000)} kB`;
}
