// What a tool's flow ended with, as text for the model.
import { wordsOf } from '../common/errors.ts';
import { toText } from '../common/to-text.ts';
import { failed, type ToolOutcome } from './tool.ts';

/** `payload` is the result; a message that a Catch node sent (`error`) is a failure. Never throws. */
export function readToolResult({ payload, error }: { payload?: unknown; error?: unknown }): ToolOutcome {
  try {
    return error ? failed(wordsOfError(error)) : { text: toText(payload), isError: false };
  } catch (problem) {
    return failed(`The result can't be written as JSON: ${wordsOf(problem)}`);
  }
}

// A Catch node's message begins with the name of the error already.
function wordsOfError(error: unknown): string {
  const { message } = error as { message?: unknown };
  return toText(message ?? error).replace(/^Error: /, '');
}
