// Where the chat nodes of the listed requests are on the canvas.
import type { ExchangeRow } from '../../../lib/common/exchanges.ts';
import { chatText } from '../../widgets/chat-text.ts';

/** The node that stands for a request on the canvas: in a subflow's instance, that of the template. */
export function canvasNode({ template, node }: ExchangeRow): EditorNode | null {
  return RED.nodes.node(template ?? node);
}

export function nameOf(row: ExchangeRow): string {
  const node = canvasNode(row);
  return node ? RED.utils.getNodeLabel(node, node.id) : chatText('requests.deleted');
}

export function reveal(row: ExchangeRow): void {
  const node = canvasNode(row);
  if (node) RED.view.reveal(node.id);
}

export type PlaceFilter = 'all' | 'flow' | 'node';

/** Whether a request is of the flow that is shown, or of a node that is selected. */
export function isInPlace(row: ExchangeRow, filter: PlaceFilter): boolean {
  if (filter === 'all') return true;
  const wanted = filter === 'flow' ? [RED.workspaces.active()] : selectedIds();
  return placesOf(row).some((id) => wanted.includes(id));
}

/** The node, and all that it is in: its flow or subflow, the instance of that, and so on. */
function placesOf(row: ExchangeRow): string[] {
  const places = [row.node, row.flow];
  const node = canvasNode(row) as FlowNode | null;
  if (node) places.push(node.id, node.z);
  // An instance within another has no node of its own on the canvas: there the way ends.
  let instance = RED.nodes.node(row.flow) as FlowNode | null;
  while (instance && !places.includes(instance.z)) {
    places.push(instance.z);
    instance = RED.nodes.node(instance.z) as FlowNode | null;
  }
  return places;
}

function selectedIds(): string[] {
  return (RED.view.selection().nodes ?? []).map(({ id }) => id);
}
