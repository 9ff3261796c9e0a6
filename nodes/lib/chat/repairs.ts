// A reply that is not the JSON it should be goes back to the model, with what is wrong with it, until one fits.
import { ChatError } from '../common/errors.ts';
import type { ReplyFormat } from '../reply/json-reply.ts';
import type { Choice, Reply, Usage } from '../reply/reply.ts';
import type { ChatRequest } from '../request/build-request.ts';
import type { LastRound } from '../tools/rounds.ts';

export interface RepairOptions {
  format: ReplyFormat;
  /** How often the model may be asked again. */
  repairs: number;
  /** @param spent the `usage` so far */
  ask(request: ChatRequest, spent: Usage | undefined): Promise<Reply>;
}

/** A reply, the request that led to it, and the value that its text stands for. */
export interface ReadReply extends LastRound {
  value: unknown;
  /** How often the model was asked again. */
  repairs: number;
}

/**
 * Reads a reply, and asks again while it doesn't fit. The first request is left as it is; no tool is called.
 * Rejects as `format.read` throws for the last reply, or as `ask` does.
 */
export async function readWithRepairs(first: LastRound, options: RepairOptions): Promise<ReadReply> {
  const { format, ask } = options;
  let { reply, request } = first;
  for (let repairs = 0; ; repairs++) {
    const choice = reply.choices[0] as Choice;
    try {
      return { reply, request, value: format.read(choice), repairs };
    } catch (error) {
      if (repairs >= options.repairs || !isRepairable(error, choice)) throw error;
      request = {
        ...request,
        ...(Array.isArray(request.tools) && { tool_choice: 'none' }),
        messages: [
          ...request.messages,
          { role: 'assistant', content: choice.text },
          { role: 'user', content: complaint(error) },
        ],
      };
    }
    reply = await ask(request, reply.usage);
  }
}

/** A reply that was cut short, refused or filtered would be so again. */
function isRepairable(error: unknown, { text, refusal, finishReason }: Choice): error is ChatError {
  if (!(error instanceof ChatError) || (error.code !== 'invalid_json' && error.code !== 'schema'))
    return false;
  return (
    text.trim() !== '' && refusal === '' && finishReason !== 'length' && finishReason !== 'content_filter'
  );
}

// For the model, so in English whatever the user's language is.
function complaint({ code, params }: ChatError): string {
  const problem =
    code === 'schema'
      ? `Your reply does not match the JSON Schema: ${params.words}.`
      : `Your reply is not valid JSON: ${params.words}.`;
  return `${problem} Reply with the corrected JSON only, without any other text.`;
}
