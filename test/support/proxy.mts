// A small HTTP proxy: tunnels (CONNECT) and plain forwarding, with a password if it is given one.
import { createServer, type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { Collector } from './collector.mts';
import { listen } from './listen.mts';

export interface ProxyServer {
  url: string;
  port: number;
  /** What it was asked for: `CONNECT host:port` or `POST http://host:port/path`. */
  asked: Collector<string>;
  /** Header of each of those. */
  authorizations: (string | undefined)[];
  /** How many connections are open to it. */
  openConnections(): number;
  close(): Promise<void>;
}

/** @param isSilent takes requests and never answers them */
export async function startProxy({
  username,
  password,
  isSilent = false,
}: {
  username?: string;
  password?: string;
  isSilent?: boolean;
} = {}): Promise<ProxyServer> {
  const asked = new Collector<string>();
  const authorizations: (string | undefined)[] = [];
  const sockets = new Set<Socket>();
  const expected =
    username === undefined
      ? undefined
      : `Basic ${Buffer.from(`${username}:${password ?? ''}`).toString('base64')}`;
  const isWelcome = ({ method, url, headers }: IncomingMessage): boolean => {
    asked.add(`${method} ${url}`);
    authorizations.push(headers['proxy-authorization']);
    return expected === undefined || headers['proxy-authorization'] === expected;
  };

  const server = createServer((incoming, response) => {
    const isAllowed = isWelcome(incoming);
    if (isSilent) return;
    if (!isAllowed) {
      response.writeHead(407, { 'proxy-authenticate': 'Basic realm="proxy"' }).end();
      return;
    }
    const { 'proxy-authorization': _own, ...headers } = incoming.headers;
    const outgoing = request(incoming.url ?? '', { method: incoming.method ?? 'GET', headers });
    outgoing.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    outgoing.on('error', () => response.destroy());
    response.on('close', () => outgoing.destroy());
    incoming.pipe(outgoing);
  });
  server.on('connect', (incoming, socket: Socket) => {
    const isAllowed = isWelcome(incoming);
    socket.on('error', () => socket.destroy());
    if (isSilent) {
      // A tunnel's socket is left to its owner, its end as well.
      socket.on('end', () => socket.destroy()).resume();
      return;
    }
    if (!isAllowed) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      return;
    }
    const { hostname, port } = new URL(`http://${incoming.url}`);
    const outgoing = connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      outgoing.pipe(socket);
      socket.pipe(outgoing);
    });
    outgoing.on('error', () => socket.destroy());
    outgoing.on('close', () => socket.destroy());
    socket.on('close', () => outgoing.destroy());
  });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const port = await listen(server);

  return {
    url: `http://127.0.0.1:${port}`,
    port,
    asked,
    authorizations,
    openConnections: () => sockets.size,
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
