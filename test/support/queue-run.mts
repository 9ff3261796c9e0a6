// Several Node-REDs that run the example "A queue that survives" with one Redis and one service, some of them killed
// meanwhile, and the account of what became of the questions.
import { setTimeout as sleep } from 'node:timers/promises';
import { readExample } from './examples.mts';
import { type Answer, type RawServer, startRawServer } from './raw-server.mts';
import { type RedisServer, readStream, type StreamEntry, startRedis } from './redis.mts';
import { type FlowNode, type RunningNodeRed, startNodeRed } from './start-node-red.mts';

export const QUESTIONS = 'questions';
export const ANSWERS = 'answers';
export const ASIDE = 'questions:aside';

export interface QueueSettings {
  /** How many questions an instance works on at a time. */
  atOnce: number;
  /** How often a question is tried before it is put aside. */
  tries: number;
  /** Seconds until a question that nobody renewed is taken over. */
  wait: number;
  /** Seconds between two renewals. */
  tick: number;
  /** Seconds after which an answer counts as lost, if not those of the example. */
  longest?: number;
}

/** What one instance had taken and not acknowledged when it was killed. */
export interface Kill {
  instance: string;
  at: number;
  pending: string[];
}

export interface Account {
  questions: number;
  /** Questions with an answer. */
  answered: number;
  /** Questions that have been put aside and have no answer. */
  aside: number;
  /** Questions with neither. */
  lost: string[];
  /** Questions with more than one answer. */
  twice: string[];
  /** Those of them that no kill explains. */
  unexplained: string[];
}

/** The example with the addresses and the settings of a run. */
export function queueFlow(redis: RedisServer, service: string, settings: QueueSettings): FlowNode[] {
  const env: Record<string, number | undefined> = {
    AT_ONCE: settings.atOnce,
    TRIES: settings.tries,
    WAIT: settings.wait,
    LONGEST: settings.longest,
  };
  return readExample('A queue that survives').map((node) => {
    if (node.type === 'redis-config') {
      return { ...node, options: JSON.stringify({ host: '127.0.0.1', port: redis.port }) };
    }
    if (node.type === 'vivgrid-config') {
      const headers = [{ name: 'x-instance', value: 'INSTANCE', type: 'env' }];
      return { ...node, baseUrl: service, concurrency: settings.atOnce, maxRetries: 0, headers };
    }
    if (node.type === 'tab') {
      const variables = node.env as { name: string; value: string }[];
      return { ...node, env: variables.map((one) => ({ ...one, value: `${env[one.name] ?? one.value}` })) };
    }
    if (node.type === 'inject' && node.repeat !== '') return { ...node, repeat: `${settings.tick}` };
    return node;
  });
}

export class QueueRun {
  readonly redis: RedisServer;
  readonly service: RawServer;
  readonly kills: Kill[] = [];
  readonly running = new Map<string, RunningNodeRed>();
  readonly #settings: QueueSettings;

  /** Starts the Redis and the service, and no instance yet. */
  static async start(settings: QueueSettings, answer: Answer): Promise<QueueRun> {
    return new QueueRun(await startRedis(), await startRawServer(answer), settings);
  }

  private constructor(redis: RedisServer, service: RawServer, settings: QueueSettings) {
    this.redis = redis;
    this.service = service;
    this.#settings = settings;
  }

  async startInstance(name: string): Promise<RunningNodeRed> {
    const nodeRed = await startNodeRed({
      flows: queueFlow(this.redis, this.service.url, this.#settings),
      env: { INSTANCE: name },
    });
    this.running.set(name, nodeRed);
    return nodeRed;
  }

  /** Kills an instance, and notes what it was at. */
  async kill(name: string): Promise<Kill> {
    const at = Date.now();
    await this.running.get(name)?.kill();
    this.running.delete(name);
    const rows = await this.redis.client.xpending(QUESTIONS, 'answering', '-', '+', 10_000, name);
    const kill = { instance: name, at, pending: (rows as [string][]).map(([id]) => id) };
    this.kills.push(kill);
    return kill;
  }

  /** Adds questions; returns the ids of their entries. */
  async ask(texts: string[]): Promise<string[]> {
    const pipeline = this.redis.client.pipeline();
    for (const text of texts) pipeline.xadd(QUESTIONS, '*', 'text', text);
    const results = (await pipeline.exec()) ?? [];
    return results.map(([, id]) => String(id));
  }

  /** Resolves once every one of these questions is answered or put aside, and acknowledged. */
  async finished(ids: string[]): Promise<void> {
    const open = new Set(ids);
    const last: Record<string, string> = { [ANSWERS]: '0', [ASIDE]: '0' };
    const reader = this.redis.connect();
    while (open.size > 0) {
      const streams = await reader.xread('BLOCK', 0, 'STREAMS', ...Object.keys(last), ...Object.values(last));
      for (const [stream, entries] of streams ?? []) {
        last[stream] = entries.at(-1)?.[0] ?? '0';
        for (const [, [, id]] of entries) open.delete(id as string);
      }
    }
    reader.disconnect();
    while ((await this.#pending()) > 0) await sleep(20);
  }

  async #pending(): Promise<number> {
    const [count] = await this.redis.client.xpending(QUESTIONS, 'answering');
    return Number(count);
  }

  async account(ids: string[]): Promise<Account> {
    const answers = Map.groupBy(await readStream(this.redis.client, ANSWERS), ({ question }) => question);
    const aside = new Set((await readStream(this.redis.client, ASIDE)).map(({ question }) => question));
    const twice = ids.filter((id) => (answers.get(id)?.length ?? 0) > 1);
    return {
      questions: ids.length,
      answered: ids.filter((id) => answers.has(id)).length,
      aside: ids.filter((id) => aside.has(id) && !answers.has(id)).length,
      lost: ids.filter((id) => !aside.has(id) && !answers.has(id)),
      twice,
      unexplained: twice.filter((id) => !this.#isExplained(id, answers.get(id) ?? [])),
    };
  }

  /** Whether each answer but the last is of an instance that was killed before it had acknowledged the question. */
  #isExplained(id: string, answers: StreamEntry[]): boolean {
    return answers.slice(0, -1).every((answer, index) => {
      const next = answers[index + 1] as StreamEntry;
      return this.kills.some(
        ({ instance, at, pending }) =>
          instance === answer.by &&
          pending.includes(id) &&
          at <= timeOf(next) &&
          timeOf(answer) <= timeOf(next),
      );
    });
  }

  async stop(): Promise<void> {
    await Promise.all([...this.running.values()].map((nodeRed) => nodeRed.stop()));
    await this.service.close();
    await this.redis.stop();
  }
}

/** The time of an entry, in milliseconds, as its id says. */
function timeOf({ id }: StreamEntry): number {
  return Number(id.split('-')[0]);
}
