// Loads what nodes do with the first of them, not when Node-RED starts, and not at all where no flow has one.
import type { Node, NodeAPI, NodeDef } from 'node-red';

/** What a node does when it is made: the constructor that Node-RED takes. */
export type Construct = (this: Node, def: NodeDef) => void;

/** Registers a node's routes, and makes its constructor. Called once for each runtime. */
export type CreateNode = (RED: NodeAPI) => Construct;

/**
 * The constructor of a node that is loaded when the first one is made, or when the editor asks for something: the node
 * of a new form is not deployed yet.
 * @param paths what the addresses begin with at which the editor asks
 */
export function lazily(RED: NodeAPI, paths: string[], load: () => CreateNode): Construct {
  let construct: Construct | undefined;
  const loaded = (): Construct => {
    construct ??= load()(RED);
    return construct;
  };
  // The routes that are added meanwhile come behind this one.
  if (paths.length > 0)
    RED.httpAdmin.use(paths, (_request, _response, next) => {
      loaded();
      next();
    });
  return function (def) {
    loaded().call(this, def);
  };
}
