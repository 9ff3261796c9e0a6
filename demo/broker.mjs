// The MQTT broker that the examples talk to.
import { createServer } from 'node:net';
import { Aedes } from 'aedes';
import { listen } from './listen.mjs';

/** Where everybody looks for a broker. */
const PORT = 1883;

/**
 * Starts an MQTT broker. When this machine has one on the usual port already, another port is used: what the examples
 * publish is nothing for a broker that others use.
 * @returns {Promise<number>} its port
 */
export async function startBroker() {
  const { handle } = await Aedes.createBroker();
  const server = createServer(handle);
  try {
    await listen(server, PORT);
  } catch (error) {
    if (error.code !== 'EADDRINUSE') throw error;
    await listen(server, 0);
  }
  return server.address().port;
}
