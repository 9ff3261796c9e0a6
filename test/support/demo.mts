// The demo, as `npm start` runs it.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { cleanEnv } from './clean-env.mts';

export const START = resolve(import.meta.dirname, '../../demo/start.mjs');

/** The demo in a process of its own, as `npm start` runs it once the nodes are built. */
export class Demo {
  /** What it wrote, one entry for each piece as it arrived. */
  readonly written: string[] = [];
  readonly errors: string[] = [];
  readonly child: ChildProcess;

  constructor(userDir: string, env: Record<string, string> = {}, ...options: string[]) {
    const child = spawn(process.execPath, [START, '--user-dir', userDir, ...options], {
      env: cleanEnv({ PORT: '0', ...env }),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => this.written.push(text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => this.errors.push(text));
    this.child = child;
  }

  get text() {
    return this.written.join('');
  }

  async wrote(words: string | RegExp): Promise<void> {
    const output = this.child.stdout ?? assert.fail('no output');
    const ended = new AbortController();
    const end = () => ended.abort(new Error(`no ${words} in: ${this.text}${this.errors.join('')}`));
    if (output.readableEnded) end();
    output.once('end', end);
    while (!(typeof words === 'string' ? this.text.includes(words) : words.test(this.text))) {
      await once(output, 'data', { signal: ended.signal });
    }
    output.off('end', end);
  }

  async address(): Promise<string> {
    await this.wrote(/runs on http\S+ /);
    return /runs on (http\S+) /.exec(this.text)?.[1] ?? assert.fail();
  }

  /** Ends it with a signal; returns its exit code. */
  async end(signal: NodeJS.Signals = 'SIGINT'): Promise<number | null> {
    const closed = once(this.child, 'close');
    this.child.kill(signal);
    const [code] = await closed;
    return code;
  }
}
