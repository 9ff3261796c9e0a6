// An MQTT 5 broker for the tests, which knows shared subscriptions.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MOSQUITTO } from './programs.mts';
import { type ServerProcess, startServerProcess } from './server-process.mts';

export function startMosquitto(): Promise<ServerProcess> {
  return startServerProcess({
    program: MOSQUITTO,
    async args(port, folder) {
      const file = join(folder, 'mosquitto.conf');
      // As root it would change to a user who may not read the folder.
      const lines = [`listener ${port} 127.0.0.1`, 'allow_anonymous true', 'user root', 'log_dest stderr'];
      await writeFile(file, `${lines.join('\n')}\n`);
      return ['-c', file];
    },
    ready: /mosquitto version .* running/,
  });
}
