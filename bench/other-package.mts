// Another package, measured beside this one by a flow file that uses it (`--flow FILE`).
//
// The file is an array of nodes, as Node-RED exports it. The service's base address and a token stand in the
// environment variables BENCH_URL and BENCH_TOKEN; `credentials` on a node are what the editor would have stored.
// Between the nodes `bench-port` named `other-whole-in` and `other-whole-out` it answers messages with whole replies,
// between `other-stream-in` and `other-stream-out` with streamed ones. A message comes with a `payload` to ask and the
// `model` to ask it of. The port `other-stream-out` may name, as `end`, the property that only the last message of a
// reply has; ours is `complete`.
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import RED from 'node-red';
import type { FlowNode, Message } from './node-red.mts';

export interface OtherPackage {
  name: string;
  nodes: FlowNode[];
  /** By the id of their node. */
  credentials: Record<string, object>;
  /** The ways through its flow. */
  hasWhole: boolean;
  hasStream: boolean;
  /** Whether a message is the last of a streamed reply. */
  isEnd(message: Message): boolean;
}

/** @throws Error for a file that holds no such flow */
export function readOtherPackage(file: string): OtherPackage {
  const nodes = JSON.parse(readFileSync(file, 'utf8')) as FlowNode[];
  const port = (name: string) => nodes.find((node) => node.type === 'bench-port' && node.name === name);
  const has = (way: string): boolean => Boolean(port(`${way}-in`) && port(`${way}-out`));
  const [hasWhole, hasStream] = [has('other-whole'), has('other-stream')];
  if (!hasWhole && !hasStream)
    throw new Error(
      `${file} has no nodes bench-port named other-whole-in and other-whole-out, or other-stream-in and other-stream-out`,
    );
  const credentials = nodes.flatMap((node) =>
    node.credentials ? [[node.id, node.credentials as object]] : [],
  );
  return {
    name: basename(file),
    nodes: nodes.map(({ credentials: _stored, ...node }) => node as FlowNode),
    credentials: Object.fromEntries(credentials),
    hasWhole,
    hasStream,
    isEnd: hasProperty(String(port('other-stream-out')?.end ?? 'complete')),
  };
}

// The path is read once: a message of another package must not cost more than one of ours.
function hasProperty(path: string): (message: Message) => boolean {
  const keys = RED.util.normalisePropertyExpression(path) as string[];
  return (message) => Boolean(keys.reduce((value, key) => value?.[key], message));
}
