// The MQTT broker that the examples talk to.
import { createServer } from 'node:net';
import { Aedes } from 'aedes';
import { listen } from './listen.mjs';

/** Where the example with the sensor looks for its MQTT broker. */
const PORT = 1883;

/** An MQTT broker for the example with the sensor, unless this machine has one on that port already. */
export async function startBroker() {
  const broker = await Aedes.createBroker();
  const server = createServer(broker.handle);
  try {
    await listen(server, PORT);
  } catch (error) {
    broker.close();
    if (error.code !== 'EADDRINUSE') throw error;
  }
}
