// The demo's small MCP server: the heating of a house, over Streamable HTTP, for the example that uses its tools.
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, Server } from '@modelcontextprotocol/server';

/** Where the demo's own server offers it. */
export const MCP_PATH = '/demo/mcp';

const ROOMS = ['bath', 'kitchen', 'living_room'];

const TOOLS = [
  {
    name: 'read_temperatures',
    description: 'Tells the temperature of every room and what it is set to, in °C.',
    inputSchema: { type: 'object', properties: {} },
  },
  {
    name: 'set_temperature',
    description: 'Sets how warm one room is to be, in °C.',
    inputSchema: {
      type: 'object',
      properties: {
        room: { type: 'string', enum: ROOMS },
        target: { type: 'number', minimum: 5, maximum: 28 },
      },
      required: ['room', 'target'],
    },
  },
];

/** Makes what answers requests for `MCP_PATH`. The house lasts as long as the process. */
export function createMcpServer() {
  const house = { bath: { now: 19, target: 19 }, kitchen: { now: 20, target: 20 } };
  house.living_room = { now: 21, target: 21 };
  const run = {
    read_temperatures: () => JSON.stringify(house),
    set_temperature: ({ room, target }) => {
      house[room].target = target;
      return `The ${room.replace('_', ' ')} is set to ${target} °C.`;
    },
  };
  const create = () => {
    const server = new Server({ name: 'house', version: '1.0.0' }, { capabilities: { tools: {} } });
    server.setRequestHandler('tools/list', () => ({ tools: TOOLS }));
    server.setRequestHandler('tools/call', ({ params: { name, arguments: args = {} } }) => ({
      content: [{ type: 'text', text: run[name](args) }],
    }));
    return server;
  };
  return toNodeHandler(createMcpHandler(create));
}
