// Flows that are tools, and a model's replies that call them.
import type { ChatFlow, Message } from './chat-flow.mts';
import { Collector } from './collector.mts';
import { type Answer, chunk, completion, sendJson } from './raw-server.mts';

export const ROOM_SCHEMA = {
  type: 'object',
  properties: { room: { type: 'string' } },
  required: ['room'],
};

/** A tool node whose flow answers with what the function's code returns. */
export function toolFlow(id: string, name: string, code: string, fields: object = {}): Message[] {
  return [
    toolNode(id, name, `${id}-function`, fields),
    { id: `${id}-function`, z: 'tab', type: 'function', func: code, wires: [[`${id}-result`]] },
    resultNode(`${id}-result`),
  ];
}

export function toolNode(id: string, name: string, target: string, fields: object = {}): Message {
  const schema = JSON.stringify(ROOM_SCHEMA);
  return { id, z: 'tab', type: 'vivgrid-tool', name, schema, wires: [[target]], ...fields };
}

export function resultNode(id: string): Message {
  return { id, z: 'tab', type: 'vivgrid-tool-result' };
}

/** A tool whose calls the test answers itself: what its flow starts with is collected by `callsOf`. */
export function openTool(id: string, name: string, fields: object = {}): Message[] {
  return [
    toolNode(id, name, `${id}-calls`, fields),
    { id: `${id}-calls`, z: 'tab', type: 'helper' },
    resultNode(`${id}-result`),
  ];
}

export interface OpenCalls {
  /** The messages that the tool's flow was started with. */
  calls: Collector<Message>;
  /** Ends a call's flow. */
  answer(message: Message): void;
}

/** The calls of an `openTool`, from now on. */
export function callsOf(flow: ChatFlow, id: string): OpenCalls {
  const calls = new Collector<Message>();
  flow.node(`${id}-calls`).on('input', (message: Message) => calls.add(message));
  return { calls, answer: (message) => flow.node(`${id}-result`).receive(message) };
}

/** One call that a model makes: its id, the function's name, and the arguments as text. */
export type Call = [id: string, name: string, args: string];

/** A reply that calls functions, as the service sends it whole. */
export function callReply(...calls: Call[]): object {
  const message = { role: 'assistant', content: null, tool_calls: calls.map(callOf) };
  return completion('', { choices: [{ index: 0, message, finish_reason: 'tool_calls' }] });
}

/** The chunks of a streamed reply with text and calls, a call's arguments in two pieces. */
export function callChunks(text: string, ...calls: Call[]): object[] {
  const usage = { prompt_tokens: 5, completion_tokens: 4, total_tokens: 9 };
  return [
    chunk({ role: 'assistant', content: text }),
    ...calls.flatMap((call, index) => {
      const { function: made, ...rest } = callOf(call);
      const half = Math.ceil(made.arguments.length / 2);
      return [
        chunk({ tool_calls: [{ index, ...rest, function: { name: made.name, arguments: '' } }] }),
        chunk({ tool_calls: [{ index, function: { arguments: made.arguments.slice(0, half) } }] }),
        chunk({ tool_calls: [{ index, function: { arguments: made.arguments.slice(half) } }] }),
      ];
    }),
    chunk({}, 'tool_calls', { usage }),
  ];
}

export function callOf([id, name, args]: Call): {
  id: string;
  type: string;
  function: { name: string; arguments: string };
} {
  return { id, type: 'function', function: { name, arguments: args } };
}

/** Answers the first request with the first of these, and so on; the last one answers all that follow. */
export function inTurn(...answers: (Answer | object)[]): Answer {
  return (response, seen, number, request) => {
    const answer = answers[Math.min(number, answers.length) - 1] as Answer | object;
    if (typeof answer === 'function') return (answer as Answer)(response, seen, number, request);
    sendJson(response, answer);
  };
}

/** The results that a request gives back to the model: `[id, content]`. */
export function resultsIn(body: {
  messages: { role: string; tool_call_id?: string; content: unknown }[];
}): [string | undefined, unknown][] {
  return body.messages
    .filter(({ role }) => role === 'tool')
    .map(({ tool_call_id, content }) => [tool_call_id, content]);
}
