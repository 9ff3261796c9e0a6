// Sends a reply into the flow: as one message, or as a sequence of chunk messages that the core join node can rebuild.

import { ChatError } from '../common/errors.ts';
import type { Redactor } from '../common/redact.ts';
import type { ChatSettings } from '../common/settings.ts';
import type { Piece, Reply } from '../reply/reply.ts';
import { createChunkUnits } from './chunk-units.ts';
import { createCloner, type DeepClone, type FlowMessage, type MessageParts } from './message.ts';
import { createPace } from './pace.ts';
import { copyDetails, type ReplyDetails } from './reply-details.ts';

/** What the senders need of Node-RED. */
export interface MessageTools {
  deepClone: DeepClone;
  /** Sets a property by its path, making the parents; false or an error when that can't be done. */
  setProperty(message: FlowMessage, path: string, value: unknown): boolean;
  newId(): string;
}

export interface ReplySender {
  /** The model is about to be asked, for the first time or with the results of tools. */
  begin(): void;
  /** Whether anything has been sent of the reply to the request that was begun last. */
  hasSent(): boolean;
  /** Another service is asked instead: what is held back of that reply is dropped. */
  restart(redactor: Redactor): void;
  /** A piece of the reply came. */
  piece(piece: Piece, reply: Reply): void;
  /** The model waits for its tools: no more text is to be waited for. */
  rest(): void;
  /** The reply is finished; `value` is what its text comes to. */
  finish(value: unknown, details: ReplyDetails): void;
  /** The reply was ended from outside. */
  cancel(details: ReplyDetails): void;
  /** The reply failed: what was held back is part of what came before, once anything was sent. */
  flush(): void;
  /** Nothing more is to be sent. */
  drop(): void;
  /** The parts of the sequence so far, for an error's message to name; `undefined` when there is none. */
  openParts(): MessageParts | undefined;
}

type SetOutput = (message: FlowMessage, value: unknown) => void;
type Send = (message: FlowMessage) => void;

/** How a streamed reply is cut into messages. */
export interface ChunkOptions extends Pick<ChatSettings, 'chunks' | 'reasoning'> {
  /** Milliseconds; 0 = no limit. */
  interval: number;
  /** Pieces that are harmless alone may hold a secret once they are put together. */
  redactor: Redactor;
  /** Then each chunk says which round it is of. */
  hasTools: boolean;
}

/** `msg.vivgrid` of a chunk. */
type ChunkDetails = Pick<ReplyDetails, 'id' | 'model'> & { index: number; round?: number };

/** What is there of the reply to one request. */
interface RequestSoFar {
  /** From 1. */
  round: number;
  reply: Pick<Reply, 'id' | 'model'>;
  hasSent: boolean;
  text: HeldText;
  reasoning: HeldText;
}

/** Tells apart what is held back. */
interface HeldText {
  isReasoning: boolean;
  of: RequestSoFar;
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
  if (/^(?!__proto__$)[A-Za-z_$][\w$]*$/.test(output)) {
    return (target, value) => {
      target[output] = value;
    };
  }
  let works: boolean;
  try {
    const trial = createCloner(message, deepClone)();
    works = output !== '__proto__' && setProperty(trial, output, '');
  } catch {
    works = false;
  }
  if (!works) throw new ChatError('output', { output });
  return (target, value) => {
    setProperty(target, output, value);
  };
}

/** Sends the incoming message on, with the whole reply in it. */
export class WholeSender implements ReplySender {
  readonly #message: FlowMessage;
  readonly #setOutput: SetOutput;
  readonly #send: Send;

  constructor(message: FlowMessage, setOutput: SetOutput, send: Send) {
    this.#message = message;
    this.#setOutput = setOutput;
    this.#send = send;
  }

  finish(value: unknown, details: ReplyDetails): void {
    const message = this.#message;
    message.vivgrid = details;
    // After the details: the output may be a property of them.
    this.#setOutput(message, value);
    this.#send(message);
  }

  openParts(): undefined {}

  hasSent(): boolean {
    return false;
  }

  begin(): void {}
  restart(): void {}
  piece(): void {}
  rest(): void {}
  cancel(): void {}
  flush(): void {}
  drop(): void {}
}

/**
 * Sends the reply piece by piece, each in a message of its own, and a closing message after the last: a core `join`
 * node in automatic mode rebuilds the reply. `growing` messages hold the text so far and make no sequence.
 */
export function createChunkSender(
  message: FlowMessage,
  setOutput: SetOutput,
  send: Send,
  { chunks, reasoning, interval, redactor, hasTools }: ChunkOptions,
  { deepClone, newId }: MessageTools,
): ReplySender {
  const isGrowing = chunks === 'growing';
  const { parts: outer, complete: _stale, ...rest } = message;
  const clone = createCloner(isGrowing && outer !== undefined ? { ...rest, parts: outer } : rest, deepClone);
  const cloneOuter = outer === undefined ? undefined : createCloner({ outer }, deepClone);
  const id = newId();
  const soFar = createTextSoFar();
  let { redact, reach } = redactor;
  let units = createChunkUnits(chunks);
  let index = 0;
  let current = beginRequest(0);

  const nextParts = (): MessageParts => ({
    id,
    index,
    type: 'string',
    ch: '',
    ...(cloneOuter && { parts: cloneOuter().outer }),
  });
  const sendNext = (output: string, fields: FlowMessage, count?: number): void => {
    const chunk = clone();
    if (!isGrowing) chunk.parts = count === undefined ? nextParts() : { ...nextParts(), count };
    Object.assign(chunk, fields);
    setOutput(chunk, output);
    index++;
    send(chunk);
  };
  const details = ({ reply: { id: replyId, model }, round }: RequestSoFar): ChunkDetails => ({
    ...(replyId && { id: replyId }),
    ...(model && { model }),
    index,
    ...(hasTools && { round }),
  });
  const pace = createPace<HeldText>(interval, (text, { isReasoning, of }) => {
    of.hasSent = true;
    if (isReasoning) {
      sendNext(soFar.text(), { vivgrid: { ...details(of), reasoning: redact(text) } });
      return;
    }
    if (isGrowing) soFar.add(text, { redact, reach });
    sendNext(isGrowing ? soFar.text() : redact(text), { vivgrid: details(of) });
  });
  const finishUnits = (): void => {
    for (const unit of units.rest()) pace.add(unit, current.text);
  };
  const flush = (): void => {
    finishUnits();
    pace.flush();
  };
  const close = (closing: ReplyDetails): void => {
    flush();
    sendNext(soFar.text(), { complete: true, vivgrid: closing }, index + 1);
  };

  return {
    openParts: () => (index === 0 || isGrowing ? undefined : nextParts()),
    hasSent: () => current.hasSent,
    begin() {
      current = beginRequest(current.round + 1);
    },
    restart(other) {
      pace.forget(current.text);
      pace.forget(current.reasoning);
      units = createChunkUnits(chunks);
      ({ redact, reach } = other);
    },
    piece(piece, from) {
      current.reply = from;
      if (reasoning && piece.reasoning !== '') pace.add(piece.reasoning, current.reasoning);
      if (piece.text !== '') for (const unit of units.add(piece.text)) pace.add(unit, current.text);
    },
    rest: finishUnits,
    finish: (_value, closing) => close(closing),
    cancel(closing) {
      if (index > 0) close(closing);
      else pace.stop();
    },
    flush() {
      if (index > 0) flush();
      else pace.stop();
    },
    drop: () => pace.stop(),
  };
}

function beginRequest(round: number): RequestSoFar {
  const request = { round, reply: { id: '', model: '' }, hasSent: false } as RequestSoFar;
  request.text = { isReasoning: false, of: request };
  request.reasoning = { isReasoning: true, of: request };
  return request;
}

/** A text that grows, without secrets: only at its end one can still come about. */
function createTextSoFar() {
  let settled = '';
  let end = '';
  return {
    text: () => settled + end,
    add(text: string, { redact, reach }: Redactor) {
      end = redact(end + text);
      if (end.length <= 2 * reach) return;
      const open = end.length - reach;
      settled += end.slice(0, open);
      end = end.slice(open);
    },
  };
}

/** Sends along both ways: chunks to the first output, the finished reply to another. */
export function withWhole(chunks: ReplySender, whole: ReplySender): ReplySender {
  return {
    openParts: () => chunks.openParts(),
    hasSent: () => chunks.hasSent(),
    begin: () => chunks.begin(),
    restart: (redactor) => chunks.restart(redactor),
    piece: (piece, reply) => chunks.piece(piece, reply),
    rest: () => chunks.rest(),
    cancel: (details) => chunks.cancel(details),
    flush: () => chunks.flush(),
    drop: () => chunks.drop(),
    finish(value, details) {
      chunks.finish(value, details);
      // A node that changes the one message must not change the other.
      whole.finish(value, copyDetails(details));
    },
  };
}
