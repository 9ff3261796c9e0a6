// A context store outside of Node-RED, asynchronous only, as one on another machine is: a module for settings.js, and the
// server that it asks. Plain JavaScript, because a Node-RED process loads it.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';

const { util } = createRequire(import.meta.url)('@node-red/util');

/** A path within a scope, the same however its expression is written. */
const pathOf = (scope, key) => JSON.stringify([scope, ...util.normalisePropertyExpression(key)]);

/** @param {{url: string}} config */
export default function sharedStore({ url }) {
  const ask = async (body, callback) => {
    let values;
    try {
      const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
      values = await response.json();
    } catch (error) {
      callback(error);
      return;
    }
    callback(null, ...values);
  };
  return {
    open: async () => {},
    close: async () => {},
    get(scope, key, callback) {
      if (typeof callback !== 'function') throw new Error('Only asynchronous access is supported.');
      ask({ get: pathOf(scope, key) }, callback);
    },
    set(scope, key, value, callback) {
      ask({ set: pathOf(scope, key), value }, (error) => callback?.(error));
    },
    keys: (_scope, callback) => callback(null, []),
    delete: async () => {},
    clean: async () => {},
  };
}

/**
 * The server: a table of values.
 * @param {() => void} [onWrite] called when a value has been written
 */
export function createStoreServer(onWrite = () => {}) {
  const values = new Map();
  return createServer(async (request, response) => {
    let text = '';
    for await (const piece of request) text += piece;
    const { get, set, value } = JSON.parse(text);
    if (set) values.set(set, value);
    response.end(JSON.stringify(get ? [values.get(get)] : []));
    if (set) onWrite();
  });
}
