// Waits until a server listens.
import { once } from 'node:events';

/** Listens on the loopback address, and rejects when that can't be done, for example because the port is taken. */
export async function listen(server, port) {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
}
