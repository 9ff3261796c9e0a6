// The example flows, as they are and with the addresses of a test.
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { FlowNode } from './start-node-red.mts';

const FOLDER = resolve(import.meta.dirname, '../../examples');

/** Where an example is to find what it needs, in place of the addresses that it comes with. */
export interface Places {
  api: string;
  brokerPort?: number;
  /** For its http request nodes. */
  http?: string;
}

/** The names of the examples, as the import menu of the editor shows them. */
export const EXAMPLES = readdirSync(FOLDER).map((file) => file.replace(/\.json$/, ''));

export function readExample(name: string): FlowNode[] {
  return JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8')) as FlowNode[];
}

/** An example as it is, but for the addresses. */
export function placedExample(name: string, { api, brokerPort, http }: Places): FlowNode[] {
  return readExample(name).map((node) => {
    if (node.type === 'vivgrid-config') return { ...node, baseUrl: api };
    if (node.type === 'mqtt-broker') return { ...node, broker: '127.0.0.1', port: brokerPort };
    if (node.type === 'http request') return { ...node, url: http };
    return node;
  });
}

/** The one node of this type and name. */
export function find(flow: FlowNode[], type: string, name: string): FlowNode {
  const [node, ...more] = flow.filter((node) => node.type === type && node.name === name);
  if (!node || more.length > 0) throw new Error(`${more.length + (node ? 1 : 0)} nodes "${name}" (${type})`);
  return node;
}
