// Node-RED for the demo, in its own process, and one example's reply in the terminal.
import { once } from 'node:events';
import RED from 'node-red';
import { answerElsewhere } from './examples.mjs';
import { createMcpServer, MCP_PATH } from './mcp-server.mjs';

/** What Node-RED warns of on every start in a folder of its own; nothing that a user of the demo can act on. */
const USUAL = [
  'storage.localfilesystem.projects.disabledNoFlag',
  'nodes.credentials.system-key-warning',
  'nodes.credentials.encryptedNotFound',
];

function print({ level, type, name, id, msg }) {
  if (USUAL.some((key) => RED.log._(key) === msg)) return;
  const kind = level <= RED.log.ERROR ? 'Error' : 'Warning';
  const node = type ? ` in ${type} "${name || id}"` : '';
  console.error(`${kind}${node}: ${msg?.message ?? msg}`);
}

/**
 * Starts Node-RED in this process, on a server that listens already, and waits until its flows run.
 * @param {{ server: import('node:http').Server, root: string, userDir: string }} place
 */
export async function startNodeRed({ server, root, userDir }) {
  RED.init(server, {
    uiHost: '127.0.0.1',
    uiPort: server.address().port,
    httpAdminRoot: '/',
    httpNodeRoot: '/',
    userDir,
    flowFile: 'flows.json',
    flowFilePretty: true,
    // A folder with a package.json is loaded as that package: names, locales and examples are as when installed.
    nodesDir: root,
    // Where the example that writes a file puts it.
    fileWorkingDirectory: userDir,
    logging: { console: { level: 'warn', handler: () => print } },
    telemetry: { enabled: false },
    editorTheme: { tours: false, header: { title: 'Vivgrid nodes' }, page: { title: 'Vivgrid nodes' } },
  });
  const answerMcp = createMcpServer();
  server.on('request', (request, response) => {
    if (request.url === MCP_PATH) return void answerMcp(request, response);
    if (answerElsewhere(request, response)) return;
    RED.httpAdmin(request, response, () => RED.httpNode(request, response));
  });
  const running = once(RED.events, 'flows:started');
  await RED.start();
  await running;
  return RED;
}

/**
 * Writes what the example's chat node sends as it sends it, until the reply has ended.
 * @param {typeof RED} runtime
 * @param {{ button: string, chat: string }} example
 * @param {NodeJS.WritableStream} out
 * @returns {Promise<void>} settles when the reply has ended
 */
export function showReply({ hooks }, { button, chat }, out) {
  return new Promise((resolve) => {
    hooks.add('onSend.demo', ([{ source, msg }]) => {
      if (source.id === button) out.write(`\n> ${msg.payload}\n\n`);
      if (source.id === chat) out.write(`${msg.payload}`);
    });
    hooks.add('onComplete.demo', ({ node, error }) => {
      if (node.id !== chat) return;
      hooks.remove('*.demo');
      out.write(error ? `\n${error.message}\n` : '\n\n');
      resolve();
    });
  });
}
