// Lets a test's server listen on a free port.
import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';

/** Listens on the loopback address, on any free port unless one is asked for; returns the port. */
export async function listen(server: Server, port = 0): Promise<number> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
