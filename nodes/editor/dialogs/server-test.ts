// The Test button of an MCP server's form: asks the runtime to list the server's tools with what stands in the form.
import type { McpTestOrder, McpTestOutcome } from '../../lib/common/editor-requests.ts';
import type { McpSettings } from '../../lib/common/settings.ts';
import { validateMcpUrl } from '../checks/check-mcp-url.ts';
import { askRuntime } from '../widgets/ask-runtime.ts';
import { prepareTestButton, type TestVerdict } from '../widgets/test-button.ts';

export function prepareServerTest(
  node: EditorNode,
  options: {
    settings(): McpSettings;
    /** The token that was typed; undefined while the field stands for the stored one. */
    token(): string | undefined;
    onTools(tools: { name: string; description: string }[]): void;
  },
): void {
  prepareTestButton('vivgrid-mcp-test', {
    check() {
      const reason = validateMcpUrl.call(node, options.settings().url, {});
      return typeof reason === 'string' ? reason : undefined;
    },
    running: text('running'),
    async test() {
      const outcome = await test(options.settings());
      if (outcome.outcome === 'works') options.onTools(outcome.tools);
      return { kind: kindOf(outcome), words: describe(outcome) };
    },
  });

  function test(settings: McpSettings): Promise<McpTestOutcome> {
    const token = options.token();
    const order: McpTestOrder = { id: node.id, settings, ...(token !== undefined && { token }) };
    return askRuntime<McpTestOutcome>('vivgrid-mcp/test', order, (status) => text('no-runtime', { status }));
  }

  function describe(outcome: McpTestOutcome): string {
    switch (outcome.outcome) {
      case 'works': {
        const number = outcome.tools.length;
        return text(number === 0 ? 'no-tools' : 'works', { number, ms: outcome.ms });
      }
      case 'withheld':
        return text('withheld');
      case 'failed':
        return outcome.message;
    }
  }

  function text(key: string, values?: Record<string, string | number>): string {
    return node._(`vivgrid-mcp.test.${key}`, values);
  }
}

function kindOf(outcome: McpTestOutcome): TestVerdict['kind'] {
  if (outcome.outcome !== 'works') return 'failed';
  return outcome.tools.length === 0 ? 'doubtful' : 'works';
}
