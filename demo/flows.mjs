// The demo's flow file: made from the examples, with its config node pointed at the stand-in or at Vivgrid.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The tab that the editor opens on and that runs by itself. The others follow by name. */
const FIRST = 'Stream the answer.json';
const VIVGRID = { name: 'Vivgrid', baseUrl: 'https://api.vivgrid.com/v1' };
const STAND_IN = 'Stand-in for Vivgrid';

/**
 * Makes the flow file from the examples on the first start, keeps it afterwards, and points its config node at
 * the stand-in or back at Vivgrid.
 * @param {{ root: string, userDir: string, standIn?: string | undefined, fresh: boolean }} place
 * @returns {{ button: string, chat: string }} the ids of the first example's inject and chat nodes
 */
export function prepareFlows({ root, userDir, standIn, fresh }) {
  const file = join(userDir, 'flows.json');
  const examples = readExamples(join(root, 'examples'));
  const kept = existsSync(file) && !fresh;
  const nodes = kept ? JSON.parse(readFileSync(file, 'utf8')) : merge(examples);
  for (const node of nodes) if (node.type === 'vivgrid-config') point(node, standIn);
  writeFileSync(file, `${JSON.stringify(nodes, null, 4)}\n`);

  const idOf = (type) => examples[0].find((node) => node.type === type).id;
  return { button: idOf('inject'), chat: idOf('vivgrid-chat') };
}

/** Presses the button of the inject node, as the editor does. A user may have deleted it: then nothing runs. */
export async function pressButton(address, { button }) {
  await fetch(`${address}/inject/${button}`, { method: 'POST' });
}

function readExamples(folder) {
  const names = readdirSync(folder).filter((name) => name.endsWith('.json') && name !== FIRST);
  return [FIRST, ...names.sort()].map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')));
}

/** All nodes of all examples, those that the examples share (the config node) once. */
function merge(examples) {
  return [...new Map(examples.flat().map((node) => [node.id, node])).values()];
}

/**
 * The stand-in gets another port each time, and a key may come or go between two starts. The name tells which
 * config nodes are the demo's to change: one that was renamed, or has an address of its own, is left alone.
 */
function point(node, standIn) {
  if (
    standIn &&
    (node.name === STAND_IN || (node.name === VIVGRID.name && node.baseUrl === VIVGRID.baseUrl))
  ) {
    Object.assign(node, { name: STAND_IN, baseUrl: standIn });
  } else if (!standIn && node.name === STAND_IN) {
    Object.assign(node, VIVGRID);
  }
}
