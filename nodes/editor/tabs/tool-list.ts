// The tools of all flows in the chat node's form, by check box.
import { type ChatSettings, TOOL_NAME } from '../../lib/common/settings.ts';

/** A chat node in the editor, as far as its tools are concerned. */
type ChatNode = EditorNode & Pick<ChatSettings, 'tools'> & { z?: string };

/** The tools that the model may call, by check box, in `#node-input-tools-list`. */
export function createToolList(node: ChatNode): { chosen(): string[] } {
  const list = $('#node-input-tools-list');
  const gone = node.tools.filter((id) => !toolOf(id));
  const tools = RED.nodes.filterNodes({ type: 'vivgrid-tool' }).sort(byPlaceAndName(node.z));
  for (const id of gone) addRow(list, id, id, '', '');
  for (const tool of tools)
    addRow(list, tool.id, nameOf(tool), String(tool.description ?? ''), placeOf(tool));
  if (tools.length + gone.length === 0) {
    $('<div class="form-tips">').html(node._('vivgrid-chat.tools.none')).appendTo(list);
  }
  list.find('input').on('change', showProblems);
  showProblems();

  function addRow(to: JQuery, id: string, name: string, description: string, place: string): void {
    const line = $('<div class="vivgrid-offered-line">').appendTo(to);
    const row = $('<label class="vivgrid-offered-tool">').appendTo(line);
    const box = $('<input type="checkbox">').val(id).prop('checked', node.tools.includes(id)).appendTo(row);
    const text = $('<span class="vivgrid-offered-text">').appendTo(row);
    const more = $('<span class="vivgrid-offered-more">').attr('id', `vivgrid-offered-${id}`);
    box.attr('aria-describedby', `vivgrid-offered-${id}`);
    $('<span class="vivgrid-offered-name">').text(name).appendTo(text);
    $('<span class="vivgrid-offered-place">').text(place).appendTo(text);
    more.appendTo(text);
    $('<span class="vivgrid-offered-description">').text(description).appendTo(more);
    $('<span class="vivgrid-offered-problem" role="status">').appendTo(more);
    if (toolOf(id)) addEditButton(line, id, name);
  }

  function addEditButton(to: JQuery, id: string, name: string): void {
    const title = node._('vivgrid-chat.tools.edit', { name });
    const button = $('<button type="button" class="red-ui-button red-ui-button-small vivgrid-edit-tool">')
      .attr('aria-label', title)
      .append('<i class="fa fa-pencil" aria-hidden="true"></i>')
      .on('click', () => leaveFor(id))
      .appendTo(to);
    RED.popover.tooltip(button, title);
  }

  function chosen(): string[] {
    const checked = list
      .find('input:checked')
      .toArray()
      .map((box) => String($(box).val()));
    // The order in which they were saved, so that a form nobody touched changes nothing.
    const kept = node.tools.filter((id) => checked.includes(id));
    return [...kept, ...checked.filter((id) => !kept.includes(id))];
  }

  function showProblems(): void {
    const ids = chosen();
    list.find('.vivgrid-offered-tool').each((_index, row) => {
      const id = String($(row).find('input').val());
      const problem = ids.includes(id) ? problemOf(node, id, ids) : undefined;
      $(row)
        .find('.vivgrid-offered-problem')
        .text(problem ?? '');
    });
  }

  return { chosen };
}

/** Closes the chat node's form as Done does and opens the tool's: two forms of nodes would share the ids of their fields. */
function leaveFor(id: string): void {
  const open = (): void => {
    RED.events.off('editor:close', open);
    const tool = toolOf(id);
    if (!tool) return;
    RED.view.reveal(id, false);
    RED.editor.edit(tool);
  };
  RED.events.on('editor:close', open);
  $('#node-dialog-ok').trigger('click');
}

/** Why the chosen tools can't be used; `true` when they can. */
export function validateTools(this: ChatNode, value: unknown, _options: object): true | string[] {
  // Node-RED's own check hands over what a subflow or a hand-written flow may hold.
  const ids = [value ?? []].flat() as string[];
  const reasons = ids.flatMap((id) => problemOf(this, id, ids) ?? []);
  return reasons.length === 0 || [...new Set(reasons)];
}

/** Looks at the chat nodes again whenever a tool, or the flow that it is in, has changed. */
export function watchTools(): void {
  let isDue = false;
  const lookSoon = (): void => {
    if (isDue) return;
    isDue = true;
    // Many nodes change at once, and what changes is looked at itself first.
    setTimeout(() => {
      isDue = false;
      for (const node of RED.nodes.filterNodes({ type: 'vivgrid-chat' })) RED.editor.validateNode(node);
      RED.view.redraw();
    });
  };
  for (const event of ['nodes:add', 'nodes:remove', 'nodes:change']) {
    RED.events.on(event, (node) => {
      if (/^(vivgrid-(tool|mcp)$|subflow:)/.test(node?.type ?? '')) lookSoon();
    });
  }
  for (const event of ['flows:change', 'flows:loaded', 'subflows:change']) RED.events.on(event, lookSoon);
}

function problemOf(node: ChatNode, id: string, chosen: readonly string[]): string | undefined {
  const text = (key: string, values: Record<string, string | number>): string =>
    node._(`vivgrid-chat.tools.${key}`, values);
  const tool = toolOf(id);
  if (!tool) return text('gone', { id });
  const name = nameOf(tool);
  if (tool.d || RED.nodes.workspace(tool.z)?.disabled) return text('disabled', { name });
  if (!isUsable(tool)) return text('broken', { name });
  const twice = chosen.some((other) => other !== id && toolOf(other)?.name.trim() === tool.name.trim());
  if (twice) return text('twice', { name });
  const subflow = RED.nodes.subflow(tool.z);
  // Within its own subflow a chat node finds the tool of its own instance.
  if (!subflow || tool.z === node.z || subflow.instances.length === 1) return undefined;
  return text('subflow', { name, subflow: subflow.name, count: subflow.instances.length });
}

function toolOf(id: string): FlowNode | undefined {
  const node = RED.nodes.node(id);
  return node?.type === 'vivgrid-tool' ? (node as FlowNode) : undefined;
}

// A name from the environment is not known here.
function isUsable({ name, valid }: FlowNode): boolean {
  return valid !== false && (TOOL_NAME.test(name.trim()) || /^\$\{[^}]+\}$/.test(name.trim()));
}

function nameOf(tool: FlowNode): string {
  return tool.name.trim() || tool._('vivgrid-tool.label.palette');
}

function placeOf({ z }: FlowNode): string {
  return RED.nodes.workspace(z)?.label ?? RED.nodes.subflow(z)?.name ?? '';
}

/** Those of the node's own flow come first. */
function byPlaceAndName(own: string | undefined): (left: FlowNode, right: FlowNode) => number {
  return (left, right) =>
    Number(right.z === own) - Number(left.z === own) ||
    placeOf(left).localeCompare(placeOf(right)) ||
    nameOf(left).localeCompare(nameOf(right));
}
