// Validators run for every node, also while one of them is open in a dialog: only that one has its values in the form.
let openNode: EditorNode | undefined;

/** @param node the node whose dialog has opened; nothing when it has closed */
export function setOpenNode(node: EditorNode | undefined): void {
  openNode = node;
}

/** A property as the open form shows it, or as it is saved when the node is not open or the property has no field. */
export function currentValue<Node extends object, Property extends keyof Node & string>(
  node: Node,
  property: Property,
): Node[Property] {
  const input = (openNode as unknown) === node ? $(`#node-input-${property}`) : $();
  if (input.length === 0) return node[property];
  return (input.is(':checkbox') ? input.prop('checked') : input.val()) as Node[Property];
}
