// The demo's flow file: made from the examples, and pointed at what the demo has for them.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PLACES, SUPPLIES } from './examples.mjs';
import { MCP_PATH } from './mcp-server.mjs';
import { PROGRAMS } from './servers.mjs';
import { MODEL } from './stand-in.mjs';

/** The tab that the editor opens on, and the example that `npm start` shows in the terminal, which is the next one. */
const FIRST = 'Ask a question';
const STORY = 'Stream the answer';

// How things are called in the examples, and how in the demo. The demo's names tell which nodes are its own to change:
// one that was renamed, or has an address of its own, is left alone.
const MANAGED = 'managed';
const standInFor = (service) => `Stand-in for ${service.name}`;
const DEMO_BROKER = 'Broker of the demo';
const DEMO_REDIS = 'Redis of the demo';
const MCP_SERVER = 'House';
const DEMO_MCP_SERVER = 'House of the demo';
/** Each example says in a paragraph of its description what it needs, and may say so in the label of a group. */
const NEEDS = 'It needs an API key';
const NEEDS_NOTHING =
  'All it needs is here: a stand-in with prepared answers takes the place of a model, and the demo serves the rest.';
/** How the paragraph begins where a server is missing. */
const DISABLED = 'This tab is disabled';
const HINT = 'Enter the API key in the config node "Vivgrid", deploy, press a button';
const DEMO_HINT = 'Press a button: the answer appears in the debug sidebar';

/**
 * Makes the flow file from the examples on the first start, keeps it afterwards, and points it at what this start has:
 * the stand-in or Vivgrid, the broker, and what the demo serves.
 * @param {object} place
 * @param {string} place.root the folder of this checkout
 * @param {string} place.userDir
 * @param {string | undefined} [place.standIn] its base URL, or none while there is a key
 * @param {string} place.address of the demo's own server
 * @param {number} place.brokerPort
 * @param {Record<string, number | undefined>} place.servers the ports of further servers, by their programs
 * @param {boolean} place.fresh makes the flow file anew
 * @returns {{ button: string, chat: string }} the ids of the inject and chat nodes of the example for the terminal
 */
export function prepareFlows({ root, userDir, fresh, ...services }) {
  const file = join(userDir, 'flows.json');
  const examples = readExamples(join(root, 'examples'));
  const original = new Map(examples.flat().map((node) => [node.id, node]));
  const kept = existsSync(file) && !fresh;
  // Those that the examples share (the config nodes) are there once.
  const nodes = kept ? JSON.parse(readFileSync(file, 'utf8')) : structuredClone([...original.values()]);
  for (const node of nodes) POINT[node.type]?.(node, services, original.get(node.id));
  writeFileSync(file, `${JSON.stringify(nodes, null, 4)}\n`);

  const story = examples.find(([tab]) => tab.label === STORY);
  const idOf = (type) => story.find((node) => node.type === type).id;
  return { button: idOf('inject'), chat: idOf('vivgrid-chat') };
}

/**
 * Presses the button of the inject node, as the editor does.
 * @returns {Promise<boolean>} false when there is no such node any more, because the user has deleted it
 */
export async function pressButton(address, { button }) {
  const { ok } = await fetch(`${address}/inject/${button}`, { method: 'POST' });
  return ok;
}

/** The two to begin with, then the others by name, and last those that need a server besides Node-RED. */
function readExamples(folder) {
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.slice(0, -'.json'.length))
    .sort();
  const isFirst = (name) => name === FIRST || name === STORY;
  const ordered = [
    FIRST,
    STORY,
    ...names.filter((name) => !isFirst(name) && !programOf(name)),
    ...names.filter(programOf),
  ];
  return ordered.map((name) => JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')));
}

/** The name of the server that an example needs, if any. */
function programOf(example) {
  return SUPPLIES.find((supplies) => supplies.example === example)?.program;
}

/**
 * The server that an example needs and this start lacks.
 * @param {string} example
 * @param {Record<string, number | undefined>} servers
 */
export function missingProgram(example, servers) {
  const program = programOf(example);
  return program && !servers[program] ? PROGRAMS[program] : undefined;
}

/** What a user can do about it. */
export function disabledBecause({ title, debian }) {
  return `${DISABLED}, because this machine has no ${title}. Install it (the package ${debian} on Debian and Ubuntu) and start the demo again.`;
}

/** What is pointed elsewhere, by the type of its node. Ports are others each time, and a key may come or go. */
const POINT = {
  tab(tab, { standIn, servers }, original) {
    const [purpose, needs, ...rest] = tab.info?.split('\n\n') ?? [];
    const isOurs = [NEEDS, NEEDS_NOTHING, DISABLED].some((start) => needs?.startsWith(start));
    if (!original || !isOurs) return;
    const program = missingProgram(original.label, servers);
    if (program) tab.disabled = true;
    else if (needs.startsWith(DISABLED)) tab.disabled = false;
    const theirs = standIn ? NEEDS_NOTHING : original.info.split('\n\n')[1];
    tab.info = [purpose, program ? disabledBecause(program) : theirs, ...rest].join('\n\n');
  },
  group(group, { standIn }) {
    if (standIn && group.name === HINT) group.name = DEMO_HINT;
    else if (!standIn && group.name === DEMO_HINT) group.name = HINT;
  },
  'vivgrid-config'(config, { standIn }, original) {
    if (!original) return;
    const { name, baseUrl } = original;
    const asInExamples = config.name === name && config.baseUrl === baseUrl;
    const isStandIn = config.name === standInFor(original);
    if (standIn && (isStandIn || asInExamples)) {
      Object.assign(config, { name: standInFor(original), baseUrl: standIn });
      // Only Vivgrid has a model of this name, and the form says so.
      if (config.model === MANAGED) config.model = MODEL;
    } else if (!standIn && isStandIn) {
      Object.assign(config, { name, baseUrl });
      if (config.model === MODEL) config.model = original.model;
    }
  },
  'mqtt-broker'(broker, { brokerPort, servers }, original) {
    const isOfVersion5 = broker.protocolVersion === 5;
    const name = isOfVersion5 ? `${original?.name} (demo)` : DEMO_BROKER;
    const port = isOfVersion5 ? servers.mosquitto : brokerPort;
    const asInExamples =
      broker.name === original?.name && broker.broker === original?.broker && broker.port === original.port;
    if (!port || (broker.name !== name && !asInExamples)) return;
    Object.assign(broker, { name, broker: '127.0.0.1', port });
  },
  'redis-config'(config, { servers }, original) {
    const port = servers['redis-server'];
    const asInExamples = config.name === original?.name && config.options === original?.options;
    if (!port || (config.name !== DEMO_REDIS && !asInExamples)) return;
    Object.assign(config, { name: DEMO_REDIS, options: JSON.stringify({ host: '127.0.0.1', port }) });
  },
  'vivgrid-mcp'(server, { address }, original) {
    const asInExamples = server.name === MCP_SERVER && server.url === original?.url;
    if (server.name !== DEMO_MCP_SERVER && !asInExamples) return;
    Object.assign(server, { name: DEMO_MCP_SERVER, url: address + MCP_PATH });
  },
  'http request'(request, { address }) {
    const path = /^http:\/\/127\.0\.0\.1:\d+(\/demo\/.+)$/.exec(request.url)?.[1];
    const place = PLACES.find((place) => place.path === path || place.address === request.url);
    if (place) request.url = `${address}${place.path}`;
  },
};
