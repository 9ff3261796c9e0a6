// A Redis server for the tests.
import { Redis } from 'ioredis';
import { REDIS } from './programs.mts';
import { type ServerProcess, startServerProcess } from './server-process.mts';

export interface RedisServer extends ServerProcess {
  /** A client of it. */
  client: Redis;
  /** Another one, for commands that wait: its connection takes no other command meanwhile. Ends with the server. */
  connect(): Redis;
}

/** An entry of a stream, its fields by their names. */
export interface StreamEntry {
  id: string;
  [field: string]: string;
}

/** Starts one that writes every command to its disk, as one must that is to lose none. */
export async function startRedis(): Promise<RedisServer> {
  const server = await startServerProcess({
    program: REDIS,
    args: (port, folder) => [
      ...['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder],
      ...['--save', '', '--appendonly', 'yes', '--appendfsync', 'always'],
    ],
    ready: /Ready to accept connections/,
  });
  const clients = new Set<Redis>();
  const connect = (): Redis => {
    const client = new Redis({ host: '127.0.0.1', port: server.port });
    // While it restarts; a command that fails says so itself.
    client.on('error', () => {});
    clients.add(client);
    return client;
  };
  return {
    ...server,
    client: connect(),
    connect,
    async stop() {
      for (const client of clients) client.disconnect();
      await server.stop();
    },
  };
}

/** All entries of a stream, the oldest first. */
export async function readStream(client: Redis, stream: string): Promise<StreamEntry[]> {
  return (await client.xrange(stream, '-', '+')).map(([id, fields]) => ({ ...toObject(fields), id }));
}

/** Waits until the entries of a stream fulfil a condition, looking again whenever there is another. */
export async function streamUntil(
  redis: RedisServer,
  stream: string,
  condition: (entries: StreamEntry[]) => boolean,
): Promise<StreamEntry[]> {
  const reader = redis.connect();
  try {
    for (;;) {
      const entries = await readStream(reader, stream);
      if (condition(entries)) return entries;
      await reader.xread('BLOCK', 0, 'STREAMS', stream, entries.at(-1)?.id ?? '0');
    }
  } finally {
    reader.disconnect();
  }
}

function toObject(fields: string[]): Record<string, string> {
  const pairs = fields.flatMap((name, index) => (index % 2 === 0 ? [[name, fields[index + 1] ?? '']] : []));
  return Object.fromEntries(pairs);
}
