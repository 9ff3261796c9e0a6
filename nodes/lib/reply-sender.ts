// Sends a reply into the flow: as one message, or as a sequence of chunk messages that the core join node can rebuild.
import { ChatError } from './errors.ts';
import { createCloner, type DeepClone, type FlowMessage, type MessageParts } from './message.ts';
import type { Piece, Reply } from './reply.ts';
import type { ReplyDetails } from './reply-details.ts';

/** What the senders need of Node-RED. */
export interface MessageTools {
  deepClone: DeepClone;
  /** Sets a property by its path, making the parents; false or an error when that can't be done. */
  setProperty(message: FlowMessage, path: string, value: unknown): boolean;
  newId(): string;
}

export interface ReplySender {
  /** A piece of the reply came. */
  piece(piece: Piece, reply: Reply): void;
  /** The reply is finished. */
  finish(reply: Reply, details: ReplyDetails): void;
  /** The reply was ended from outside. */
  cancel(details: ReplyDetails): void;
  /** The parts of the sequence so far, for an error's message to name; `undefined` when nothing was sent. */
  readonly openParts: MessageParts | undefined;
}

/**
 * Finds out how to put the reply into a message's `output` property.
 * @throws ChatError `config` when it can't be: better now than when the reply has been paid for
 */
export function outputSetter(
  output: string,
  message: FlowMessage,
  { deepClone, setProperty }: MessageTools,
): (message: FlowMessage, value: unknown) => void {
  if (/^[A-Za-z_$][\w$]*$/.test(output)) {
    return (target, value) => {
      target[output] = value;
    };
  }
  let works: boolean;
  try {
    works = setProperty(createCloner(message, deepClone)(), output, '');
  } catch {
    works = false;
  }
  if (!works) throw new ChatError('output', { output });
  return (target, value) => {
    setProperty(target, output, value);
  };
}

/** Sends the incoming message on, with the whole reply in it. */
export function createWholeSender(
  message: FlowMessage,
  setOutput: (message: FlowMessage, value: unknown) => void,
  send: (message: FlowMessage) => void,
): ReplySender {
  return {
    openParts: undefined,
    piece: () => {},
    cancel: () => {},
    finish({ choices, text }, details) {
      setOutput(message, choices.length > 1 ? choices.map((choice) => choice.text) : text);
      message.vivgrid = details;
      send(message);
    },
  };
}

/**
 * Sends each piece of text as a message of its own and a closing one after the last: a core `join` node in automatic
 * mode rebuilds the reply.
 */
export function createChunkSender(
  message: FlowMessage,
  setOutput: (message: FlowMessage, value: unknown) => void,
  send: (message: FlowMessage) => void,
  { deepClone, newId }: MessageTools,
): ReplySender {
  const { parts: outer, complete: _stale, ...rest } = message;
  const clone = createCloner(rest, deepClone);
  const cloneOuter = outer === undefined ? undefined : createCloner({ outer }, deepClone);
  const id = newId();
  let index = 0;

  const nextParts = (): MessageParts => ({
    id,
    index,
    type: 'string',
    ch: '',
    ...(cloneOuter && { parts: cloneOuter().outer }),
  });
  const sendNext = (text: string, parts: MessageParts, fields: FlowMessage): void => {
    const chunk = clone();
    chunk.parts = parts;
    Object.assign(chunk, fields);
    setOutput(chunk, text);
    index++;
    send(chunk);
  };
  const close = (details: ReplyDetails): void =>
    sendNext('', { ...nextParts(), count: index + 1 }, { complete: true, vivgrid: details });

  return {
    get openParts() {
      return index === 0 ? undefined : nextParts();
    },
    piece({ text }, reply) {
      if (text === '') return;
      const vivgrid = {
        ...(reply.id && { id: reply.id }),
        ...(reply.model && { model: reply.model }),
        index,
      };
      sendNext(text, nextParts(), { vivgrid });
    },
    finish: (_reply, details) => close(details),
    cancel(details) {
      if (index > 0) close(details);
    },
  };
}
