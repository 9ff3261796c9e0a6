// The MCP servers in the chat node's form, by check box. They are config nodes: their forms open above this one.
import type { ChatSettings } from '../../lib/common/settings.ts';

/** A chat node in the editor, as far as its servers are concerned. */
type ChatNode = EditorNode & Pick<ChatSettings, 'servers'> & { z?: string };

export interface ServerList {
  chosen(): string[];
  /** Listens no more. */
  destroy(): void;
}

const TYPE = 'vivgrid-mcp';

/** The servers whose tools the model may call, by check box, in `#node-input-servers-list`. */
export function createServerList(node: ChatNode): ServerList {
  const list = $('#node-input-servers-list');
  let chosen = [...node.servers];
  let isAdding = false;
  const events = ['nodes:add', 'nodes:remove', 'nodes:change'];
  const follow = (changed?: { type?: string; id?: string }): void => {
    if (changed?.type !== TYPE) return;
    if (isAdding && changed.id !== undefined && serverOf(changed.id)) {
      chosen = [...new Set([...chosen, changed.id])];
      isAdding = false;
    }
    draw();
  };
  for (const event of events) RED.events.on(event, follow);
  $('#node-input-servers-add').on('click', () => {
    isAdding = true;
    RED.editor.editConfig('', TYPE, '_ADD_');
  });
  draw();

  function draw(): void {
    list.empty();
    const gone = chosen.filter((id) => !serverOf(id));
    const servers = serversFor(node);
    for (const id of [...gone, ...servers.map((server) => server.id)]) addRow(id);
    if (gone.length + servers.length === 0)
      $('<div class="form-tips">').text(text(node, 'none')).appendTo(list);
  }

  function addRow(id: string): void {
    const server = serverOf(id);
    const name = server ? nameOf(server) : id;
    const line = $('<div class="vivgrid-offered-line">').appendTo(list);
    const row = $('<label class="vivgrid-offered-tool">').appendTo(line);
    const words = $('<span class="vivgrid-offered-text">');
    const problem = $('<span class="vivgrid-offered-problem" role="status">').attr(
      'id',
      `vivgrid-server-${id}`,
    );
    const showProblem = (): void => {
      problem.text((chosen.includes(id) && problemOf(node, id)) || '');
    };
    $('<input type="checkbox">')
      .val(id)
      .prop('checked', chosen.includes(id))
      .attr('aria-describedby', `vivgrid-server-${id}`)
      .on('change', (event) => {
        chosen = (event.target as HTMLInputElement).checked
          ? [...chosen, id]
          : chosen.filter((other) => other !== id);
        showProblem();
      })
      .appendTo(row);
    $('<span class="vivgrid-offered-name">').text(name).appendTo(words);
    if (server)
      $('<span class="vivgrid-offered-place">')
        .text(String(server.url ?? ''))
        .appendTo(words);
    $('<span class="vivgrid-offered-more">').append(problem).appendTo(words);
    words.appendTo(row);
    showProblem();
    if (server) addEditButton(line, id, name);
  }

  function addEditButton(line: JQuery, id: string, name: string): void {
    const title = text(node, 'edit', { name });
    const button = $('<button type="button" class="red-ui-button red-ui-button-small vivgrid-edit-tool">')
      .attr('aria-label', title)
      .append('<i class="fa fa-pencil" aria-hidden="true"></i>')
      .on('click', () => RED.editor.editConfig('', TYPE, id))
      .appendTo(line);
    RED.popover.tooltip(button, title);
  }

  return {
    // The order in which they were saved, so that a form nobody touched changes nothing.
    chosen: () => [
      ...node.servers.filter((id) => chosen.includes(id)),
      ...chosen.filter((id) => !node.servers.includes(id)),
    ],
    destroy() {
      for (const event of events) RED.events.off(event, follow);
    },
  };
}

/** Why the chosen servers can't be used; `true` when they can. */
export function validateServers(this: ChatNode, value: unknown, _options: object): true | string[] {
  // Node-RED's own check hands over what a subflow or a hand-written flow may hold.
  const ids = [value ?? []].flat() as string[];
  const reasons = ids.flatMap((id) => problemOf(this, id) ?? []);
  return reasons.length === 0 || [...new Set(reasons)];
}

function problemOf(node: ChatNode, id: string): string | undefined {
  const server = serverOf(id);
  if (!server) return text(node, 'gone', { id });
  const name = nameOf(server);
  if (server.d) return text(node, 'disabled', { name });
  return server.valid === false ? text(node, 'broken', { name }) : undefined;
}

function serverOf(id: string): FlowNode | undefined {
  const node = RED.nodes.node(id);
  return node?.type === TYPE ? (node as FlowNode) : undefined;
}

/** Those that are for all flows, and those of the node's own. */
function serversFor(node: ChatNode): FlowNode[] {
  const servers: FlowNode[] = [];
  RED.nodes.eachConfig((config) => {
    if (config.type === TYPE && (!config.z || config.z === node.z)) servers.push(config);
  });
  return servers.sort((left, right) => nameOf(left).localeCompare(nameOf(right)));
}

function nameOf(server: FlowNode): string {
  return RED.utils.getNodeLabel(server, server.id);
}

function text(node: ChatNode, key: string, values?: Record<string, string>): string {
  return node._(`vivgrid-chat.servers.${key}`, values);
}
