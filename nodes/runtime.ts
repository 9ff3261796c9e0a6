// What the nodes do, all but those of MCP servers: hardly any flow has one of these without the others.
export { createChatNode } from './chat.ts';
export { createConfigNode } from './config.ts';
export { createToolNode } from './tool.ts';
export { createToolResultNode } from './tool-result.ts';
