// Opens the preview of a node from outside its form, with a message as its example.
import { setExample } from './message-source.ts';

/** The node whose preview is to be opened with its form. */
let wanted: string | undefined;

/** Opens a chat node's form, and on top of it the preview with this message. */
export function openPreviewOf(node: EditorNode, message: object): void {
  setExample(node.id, message);
  wanted = node.id;
  RED.view.reveal(node.id);
  RED.editor.edit(node);
}

/**
 * To be called by each form of a chat node that opens.
 * @param open called once the form stands still, if its preview is wanted
 */
export function whenPreviewWanted(node: EditorNode, open: () => void): void {
  const isWanted = wanted === node.id;
  wanted = undefined;
  if (isWanted) whenAtRest($('#dialog-form').closest('.red-ui-tray'), open);
}

/** Node-RED takes a tray away under the next one only once it has slid in; before that it would slide over it. */
function whenAtRest(tray: JQuery, act: () => void): void {
  const element = tray[0];
  if (!element?.isConnected) return;
  const isAtRest = element.style.right === '0px' && getComputedStyle(element).right === '0px';
  if (isAtRest) act();
  else requestAnimationFrame(() => whenAtRest(tray, act));
}
