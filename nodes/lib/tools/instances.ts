// Nodes that are found by their ids, also within an instance of a subflow, where they have ids of their own.

/** A node and where it is. */
export interface PlacedNode {
  /** The id of the node in the subflow's template, if the node is part of one. */
  alias: string | undefined;
  /** The flow, or the subflow instance, that the node is in. */
  flowId: string;
}

/**
 * The node of an id. A node inside a subflow holds the ids of the subflow's template: that of its own instance is meant,
 * or the only one that there is.
 */
export function findInInstance<Placed extends PlacedNode>(
  nodes: ReadonlyMap<string, Placed>,
  id: string,
  flowId: string,
): Placed | undefined {
  const direct = nodes.get(id);
  if (direct) return direct;
  const instances = [...nodes.values()].filter(({ alias }) => alias === id);
  return (
    instances.find((node) => node.flowId === flowId) ?? (instances.length === 1 ? instances[0] : undefined)
  );
}
