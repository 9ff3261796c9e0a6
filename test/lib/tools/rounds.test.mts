import assert from 'node:assert/strict';
import { setMaxListeners } from 'node:events';
import { Reply } from '../../../nodes/lib/reply/reply.ts';
import { settleCall } from '../../../nodes/lib/tools/open-calls.ts';
import type { FlowTool, ToolCallHandle } from '../../../nodes/lib/tools/registry.ts';
import { asTool, registerTool, unregisterTool } from '../../../nodes/lib/tools/registry.ts';
import { askInRounds } from '../../../nodes/lib/tools/rounds.ts';

describe('the rounds of tools', () => {
  it('should not be taken for a leak when a model makes many calls at once', async () => {
    const started: ToolCallHandle[] = [];
    const tool: FlowTool = {
      nodeId: 'light',
      alias: undefined,
      flowId: '',
      name: 'switch_light',
      description: '',
      parameters: {},
      checkArguments: async () => () => undefined,
      timeout: 60_000,
      approval: false,
      ask: () => {},
      showHeld: () => {},
      start: (_args, call) => {
        // All of them are out by then.
        if (started.push(call) === 20)
          for (const { key } of started) settleCall({ _vivgridCall: key }, { text: 'on', isError: false });
      },
    };
    registerTool(tool);
    const warnings: Error[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning);
    process.on('warning', onWarning);
    const { signal } = new AbortController();
    // What Node.js 20 begins with.
    setMaxListeners(10, signal);
    const calls = Array.from({ length: 20 }, () => ({ function: { name: tool.name, arguments: '{}' } }));
    const replies = [{ tool_calls: calls }, { content: 'Done.' }].map((message) => {
      const reply = new Reply();
      reply.add({ choices: [{ message, finish_reason: 'stop' }] });
      return reply;
    });
    try {
      const last = await askInRounds(
        { model: 'managed', messages: [] },
        {
          tools: [asTool(tool)],
          rounds: 2,
          signal,
          caller: { lane: undefined, answers: undefined },
          flowsReady: () => undefined,
          ask: async () => replies.shift() as Reply,
          onCalls: () => {},
          onResults: async () => {},
          onActivity: () => {},
        },
      );
      assert.equal(last.reply.text, 'Done.');
      // Warnings are told in the next turn.
      await new Promise(setImmediate);
      assert.deepEqual(warnings, []);
    } finally {
      process.off('warning', onWarning);
      unregisterTool(tool.nodeId);
    }
  });
});
