// What a tool's flow ended with, as text for the model.
import { wordsOf } from './errors.ts';
import { toText } from './to-text.ts';
import { failed, type ToolOutcome } from './tool-registry.ts';

/** `payload` is the result; a message that a Catch node sent (`error`) is a failure. Never throws. */
export function readToolResult({ payload, error }: { payload?: unknown; error?: unknown }): ToolOutcome {
  if (error !== undefined && error !== null) {
    const { message } = error as { message?: unknown };
    return failed(String(message ?? error));
  }
  try {
    return { text: toText(payload), isError: false };
  } catch (problem) {
    return failed(`The result can't be written as JSON: ${wordsOf(problem)}`);
  }
}
