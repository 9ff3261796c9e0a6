// An MQTT broker and a client for the tests.
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { Aedes } from 'aedes';
import { listen } from './listen.mts';

/** A real MQTT broker on the loopback address that remembers what was published. */
export class Broker {
  readonly port: number;
  readonly #aedes: Aedes;
  readonly #server: Server;
  readonly #published: { topic: string; payload: string }[] = [];
  readonly #subscribed: string[] = [];

  static async start(): Promise<Broker> {
    const aedes = await Aedes.createBroker();
    const server = createServer(aedes.handle);
    return new Broker(aedes, server, await listen(server));
  }

  private constructor(aedes: Aedes, server: Server, port: number) {
    this.port = port;
    this.#aedes = aedes;
    this.#server = server;
    aedes.on('publish', ({ topic, payload }) => {
      this.#published.push({ topic, payload: payload.toString() });
    });
    aedes.on('subscribe', (subscriptions) => {
      this.#subscribed.push(...subscriptions.map(({ topic }) => topic));
    });
  }

  /** Waits until somebody has subscribed to each of these. */
  async subscribed(...topics: string[]): Promise<void> {
    while (!topics.every((topic) => this.#subscribed.includes(topic))) await once(this.#aedes, 'subscribe');
  }

  /** What was first published on this topic, as soon as something was. */
  async published(topic: string): Promise<string> {
    for (;;) {
      const packet = this.#published.find((packet) => packet.topic === topic);
      if (packet) return packet.payload;
      await once(this.#aedes, 'publish');
    }
  }

  /** What was published on this topic, once it was so often. */
  async publishedTimes(topic: string, count: number): Promise<string[]> {
    for (;;) {
      const packets = this.#published.filter((packet) => packet.topic === topic);
      if (packets.length >= count) return packets.map(({ payload }) => payload);
      await once(this.#aedes, 'publish');
    }
  }

  /** Publishes as any client would. */
  publish(topic: string, payload: string): void {
    this.#aedes.publish(
      { cmd: 'publish', topic, payload, qos: 1, retain: false, dup: false } as never,
      () => {},
    );
  }

  /** Forgets what was published and subscribed to. */
  forget(): void {
    this.#published.length = 0;
    this.#subscribed.length = 0;
  }

  async stop(): Promise<void> {
    await new Promise<void>((closed) => this.#aedes.close(() => closed()));
    await new Promise((closed) => this.#server.close(closed));
  }
}
