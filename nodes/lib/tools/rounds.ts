// Asks the model, lets flows answer the calls it makes, and asks again with the results, until it is done.
import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { describeInEnglish } from '../common/describe-error.ts';
import { asChatError, ChatError } from '../common/errors.ts';
import { parseJson } from '../common/parse-json.ts';
import type { ToolActivity } from '../common/tool-activity.ts';
import type { Choice, Reply, ToolCall, Usage } from '../reply/reply.ts';
import { asSentBack } from '../reply/tool-calls.ts';
import type { ChatRequest } from '../request/build-request.ts';
import { type RunOptions, runTool } from './run-tool.ts';
import type { Tool, ToolOutcome } from './tool.ts';

export interface RoundsOptions extends RunOptions {
  tools: readonly Tool[];
  /** How many times the model may be asked. */
  rounds: number;
  /** @param spent the `usage` of the rounds before, which is a part of the reply's */
  ask(request: ChatRequest, spent: Usage | undefined): Promise<Reply>;
  /** Called before the calls of a round are made, and when their results are in. */
  onCalls(): void;
  onResults(): Promise<void>;
  onActivity(activity: ToolActivity): void;
}

/** The `tools` of a request. */
export function toolDefinitions(tools: readonly Tool[]): object[] {
  return tools.map(({ name, description, parameters }) => ({
    type: 'function',
    function: { name, ...(description && { description }), parameters },
  }));
}

/** The last round's reply, and the request that led to it. */
export interface LastRound {
  reply: Reply;
  request: ChatRequest;
}

/**
 * Asks until the model makes no calls any more.
 * Rejects with a ChatError `tool` when the model still calls tools after the last round, or as `ask` does.
 */
export async function askInRounds(first: ChatRequest, options: RoundsOptions): Promise<LastRound> {
  const { rounds, ask } = options;
  const request: ChatRequest = { ...first, messages: [...first.messages] };
  let spent: Usage | undefined;
  for (let round = 1; ; round++) {
    const reply = await ask(request, spent);
    spent = reply.usage;
    const { text } = reply;
    const { reasoning, reasoningField, reasoningDetails } = reply.choices[0] as Choice;
    const calls = options.tools.length === 0 ? [] : callsOf(reply);
    if (calls.length === 0) return { reply, request };
    if (round >= rounds) throw new ChatError('tool_rounds', { rounds }, { cause: text ? { text } : {} });
    // Every call listens to it, and Node.js 20 warns of more than ten listeners.
    setMaxListeners(0, options.signal);
    options.onCalls();
    const outcomes = await Promise.all(calls.map((call) => answerCall(call, options)));
    await options.onResults();
    request.messages.push(
      {
        role: 'assistant',
        content: text || null,
        // Models that think between calls refuse the next round without it (DeepSeek: 400).
        ...(reasoningField && { [reasoningField]: reasoning }),
        ...(reasoningDetails.length > 0 && { reasoning_details: reasoningDetails }),
        tool_calls: calls.map(asSentBack),
      },
      ...calls.map(({ id }, index) => ({
        role: 'tool',
        tool_call_id: id,
        content: (outcomes[index] as ToolOutcome).text,
      })),
    );
    // A call that is required is made once: required in every round it would never end.
    if (request.tool_choice !== 'auto' && request.tool_choice !== 'none') delete request.tool_choice;
  }
}

// Some servers give calls no id, or all of them the same; arguments may be left out when there are none.
function callsOf({ choices: [choice] }: Reply): ToolCall[] {
  const ids = new Set(['']);
  const named = choice?.toolCalls.filter((call) => call.function.name !== '') ?? [];
  return named.map((call) => {
    // Nine letters and digits are what every service takes: Mistral no other number, OpenAI up to 40.
    const id = ids.has(call.id) ? randomUUID().replaceAll('-', '').slice(0, 9) : call.id;
    ids.add(id);
    const { name, arguments: text } = call.function;
    return { ...call, id, function: { name, arguments: text || '{}' } };
  });
}

async function answerCall(
  { id, function: { name, arguments: text } }: ToolCall,
  options: RoundsOptions,
): Promise<ToolOutcome> {
  const { tools, signal, onActivity } = options;
  const started = performance.now();
  const tool = tools.find((tool) => tool.name === name);
  const args = parseJson(text);
  const { by = 'flow', server } = tool ?? {};
  // The flow may change the arguments that it gets.
  const activity = { name, arguments: parseJson(text) ?? text, by, ...(server !== undefined && { server }) };
  const ended = (state: 'finished' | 'failed', result: string): void =>
    onActivity({ ...activity, result, state, ms: Math.round(performance.now() - started) });
  onActivity({ ...activity, state: 'started' });
  try {
    const outcome = await runTool(tool, name, args, id, options);
    ended(outcome.isError ? 'failed' : 'finished', outcome.text);
    return outcome;
  } catch (error) {
    signal.throwIfAborted();
    ended('failed', describeInEnglish(asChatError(error)));
    throw error;
  }
}
