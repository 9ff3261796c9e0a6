// The line in front of the service: strict order of arrival, a limit on how many run and how many wait, and lanes
// whose members run one after the other (the messages of one conversation, or of a node in `queued` mode).
import { ChatError } from '../common/errors.ts';

export interface QueueLimits {
  /** Requests at work at once; 0 = no limit. */
  concurrency: number;
  /** Tickets that may wait; one more fails with `queue_full`; 0 = no limit. */
  maxQueue: number;
}

/** A place in the line. It must be left in the end, whatever happens; leaving twice is harmless. */
export interface Ticket {
  /** Whether it has a place at work. */
  readonly isWorking: boolean;
  /**
   * Says which lane the ticket is in, once, when that is known. Resolves when it is its turn; never when it is left
   * before. Of the tickets of one lane only one is at work (or paused) at a time; the others keep their place in the
   * line and do not hold up those of other lanes.
   * @throws ChatError `queue_full`
   */
  join(lane?: string): Promise<void>;
  /** Gives the place at work up for a while, as for a tool whose flow needs the same queue. */
  pause(): void;
  /** Asks for a place again, ahead of everything that came later. Resolves when it has one. */
  resume(): Promise<void>;
  leave(): void;
}

interface Entry {
  order: number;
  lane?: string;
  begin: () => void;
  /** Its queue looks for what can begin. */
  advance: () => void;
  state: 'waiting' | 'working' | 'paused' | 'left';
}

/** Who is in a lane, in order of arrival. Lanes span all queues: a conversation may be held with several services. */
const lanes = new Map<string, Entry[]>();

export class RequestQueue {
  readonly #limits: QueueLimits;
  /** In order of arrival. */
  readonly #waiting: Entry[] = [];
  #working = 0;
  #arrivals = 0;
  /** As `performance.now()` tells it: a clock that is set meanwhile changes nothing. */
  #heldUntil = 0;
  #holdTimer: NodeJS.Timeout | undefined;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  get working(): number {
    return this.#working;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Takes a place at the end of the line. It may come to work before its lane is known, but goes back for others. */
  enter(): Ticket {
    const entry: Entry = {
      order: this.#arrivals++,
      begin: () => {},
      advance: () => this.#advance(),
      state: 'waiting',
    };
    this.#waiting.push(entry);
    this.#advance();
    return {
      get isWorking() {
        return entry.state === 'working';
      },
      join: (lane) => this.#join(entry, lane),
      pause: () => this.#pause(entry),
      resume: () => this.#resume(entry),
      leave: () => this.#leave(entry),
    };
  }

  /** Starts nothing new for so many milliseconds; what is at work goes on. A longer hold stays. */
  hold(milliseconds: number): void {
    const until = performance.now() + milliseconds;
    if (until <= this.#heldUntil) return;
    this.#heldUntil = until;
    clearTimeout(this.#holdTimer);
    this.#holdTimer = setTimeout(() => {
      this.#holdTimer = undefined;
      this.#advance();
    }, milliseconds);
  }

  /** Milliseconds until something new may start. */
  get heldFor(): number {
    return this.#holdTimer ? Math.max(0, this.#heldUntil - performance.now()) : 0;
  }

  /** Ends the hold's timer. Nothing waits any more once its chat nodes are closed. */
  close(): void {
    clearTimeout(this.#holdTimer);
    this.#holdTimer = undefined;
  }

  #advance(): void {
    if (this.#holdTimer) return;
    for (let index = 0; index < this.#waiting.length && this.#hasRoom(); ) {
      const entry = this.#waiting[index] as Entry;
      if (!isFirstInLane(entry)) {
        index++;
        continue;
      }
      this.#waiting.splice(index, 1);
      this.#begin(entry);
    }
  }

  #join(entry: Entry, lane: string | undefined): Promise<void> {
    if (lane !== undefined) enterLane(entry, lane);
    let turn = Promise.resolve();
    if (entry.state === 'waiting') {
      turn = new Promise((resolve) => {
        entry.begin = resolve;
      });
    } else if (!isFirstInLane(entry)) {
      this.#pause(entry);
      turn = this.#resume(entry);
    }
    const { maxQueue } = this.#limits;
    if (maxQueue > 0 && this.#waiting.indexOf(entry) >= maxQueue) {
      this.#leave(entry);
      throw new ChatError('queue_full', { limit: maxQueue });
    }
    return turn;
  }

  #begin(entry: Entry): void {
    entry.state = 'working';
    this.#working++;
    entry.begin();
  }

  #hasRoom(): boolean {
    const { concurrency } = this.#limits;
    return concurrency === 0 || this.#working < concurrency;
  }

  #leave(entry: Entry): void {
    const { state } = entry;
    if (state === 'left') return;
    entry.state = 'left';
    if (state === 'waiting') this.#waiting.splice(this.#waiting.indexOf(entry), 1);
    if (state === 'working') this.#working--;
    leaveLane(entry);
    this.#advance();
  }

  #pause(entry: Entry): void {
    if (entry.state !== 'working') return;
    entry.state = 'paused';
    this.#working--;
    this.#advance();
  }

  #resume(entry: Entry): Promise<void> {
    if (entry.state !== 'paused') return Promise.resolve();
    return new Promise((resolve) => {
      entry.begin = resolve;
      entry.state = 'waiting';
      const later = this.#waiting.findIndex(({ order }) => order > entry.order);
      this.#waiting.splice(later === -1 ? this.#waiting.length : later, 0, entry);
      this.#advance();
    });
  }
}

function isFirstInLane(entry: Entry): boolean {
  return entry.lane === undefined || lanes.get(entry.lane)?.[0] === entry;
}

function enterLane(entry: Entry, lane: string): void {
  entry.lane = lane;
  const others = lanes.get(lane);
  if (others) others.push(entry);
  else lanes.set(lane, [entry]);
}

function leaveLane(entry: Entry): void {
  const lane = entry.lane === undefined ? undefined : lanes.get(entry.lane);
  if (entry.lane === undefined || !lane) return;
  lane.splice(lane.indexOf(entry), 1);
  if (lane.length === 0) lanes.delete(entry.lane);
  // It may wait in another queue.
  lane[0]?.advance();
}
