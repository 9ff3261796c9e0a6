// An MQTT 5 broker for the tests, which knows shared subscriptions.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MOSQUITTO } from './programs.mts';
import { type ServerProcess, startServerProcess } from './server-process.mts';

export interface Mosquitto extends ServerProcess {
  /** Waits until this topic was subscribed to so often. */
  subscribed(topic: string, times: number): Promise<void>;
}

export async function startMosquitto(): Promise<Mosquitto> {
  const server = await startServerProcess({
    program: MOSQUITTO,
    async args(port, folder) {
      const file = join(folder, 'mosquitto.conf');
      // As root it would change to a user who may not read the folder.
      const lines = [`listener ${port} 127.0.0.1`, 'allow_anonymous true', 'user root', 'log_dest stderr'];
      const logged = ['error', 'warning', 'notice', 'information', 'subscribe'].map(
        (type) => `log_type ${type}`,
      );
      await writeFile(file, `${[...lines, ...logged].join('\n')}\n`);
      return ['-c', file];
    },
    ready: /mosquitto version .* running/,
  });
  return {
    ...server,
    // It writes the client, the QoS and the topic.
    subscribed: (topic, times) => server.wrote((line) => line.endsWith(` ${topic}`), times),
  };
}
