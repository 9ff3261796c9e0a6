// The tools of an MCP server in its form, by check box: those that were chosen, and after a test all that there are.
import type { McpFilter, McpSettings } from '../../lib/common/settings.ts';

export interface ServerTools {
  /** The server's own names of the tools that are ticked; with the filter `all`, as they were. */
  chosen(): string[];
  /** Shows all tools that the server has. */
  show(tools: readonly { name: string; description: string }[]): void;
}

/** The list in `#vivgrid-mcp-tools`, as `#node-config-input-filter` says. */
export function createServerTools(node: EditorNode & Pick<McpSettings, 'toolNames'>): ServerTools {
  const list = $('#vivgrid-mcp-tools');
  const filter = $('#node-config-input-filter');
  const saved = node.toolNames.map(String);
  let chosen = saved;
  let known: readonly { name: string; description: string }[] | undefined;
  filter.on('change', draw);
  draw();

  function draw(): void {
    list.empty();
    const isAll = filterOf() === 'all';
    const names = new Set(known?.map(({ name }) => name));
    const gone = isAll ? [] : chosen.filter((name) => !names.has(name));
    const rows = [...(known ?? []), ...gone.map((name) => ({ name, description: '' }))];
    for (const { name, description } of rows) addRow(name, description, isAll, !names.has(name));
    if (rows.length === 0 && !isAll)
      $('<div class="form-tips">').text(node._('vivgrid-mcp.tools.none')).appendTo(list);
  }

  function addRow(name: string, description: string, isAll: boolean, isGone: boolean): void {
    const row = $('<label class="vivgrid-mcp-tool">').appendTo(list);
    const text = $('<span class="vivgrid-mcp-tool-text">');
    $('<input type="checkbox">')
      .prop({ checked: isAll || chosen.includes(name), disabled: isAll })
      .on('change', (event) => {
        chosen = (event.target as HTMLInputElement).checked
          ? [...chosen, name]
          : chosen.filter((other) => other !== name);
      })
      .appendTo(row);
    $('<span class="vivgrid-mcp-tool-name">').text(name).appendTo(text);
    if (description !== '') $('<span class="vivgrid-mcp-tool-description">').text(description).appendTo(text);
    if (isGone && known)
      $('<span class="vivgrid-mcp-tool-description vivgrid-mcp-tool-gone">')
        .text(node._('vivgrid-mcp.tools.gone'))
        .appendTo(text);
    text.appendTo(row);
  }

  function filterOf(): McpFilter {
    return String(filter.val()) as McpFilter;
  }

  return {
    // The order in which they were saved, so that a form nobody touched changes nothing.
    chosen: () => [
      ...saved.filter((name) => chosen.includes(name)),
      ...chosen.filter((name) => !saved.includes(name)),
    ],
    show(tools) {
      known = tools;
      draw();
    },
  };
}
