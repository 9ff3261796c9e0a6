// The line in front of a service: strict order of arrival, a limit on how many run and how many wait, and lanes whose
// members run one after the other. A message may move from one service's line to another's.
import { ChatError } from '../common/errors.ts';
import { enterLane, isFirstInLane, type LaneMember, leaveLane } from './lanes.ts';

export interface QueueLimits {
  /** Requests at work at once; 0 = no limit. */
  concurrency: number;
  /** Tickets that may wait; one more fails with `queue_full`; 0 = no limit. */
  maxQueue: number;
}

/** A place in the line. It must be left in the end, whatever happens; leaving twice is harmless. */
export interface Ticket {
  /** Whether it has a place at work. */
  isWorking(): boolean;
  /**
   * Says which lane the ticket is in, once, when that is known. Resolves when it is its turn; never when it is left
   * before. Of the tickets of one lane only one is at work (or paused) at a time; the others keep their place in the
   * line and do not hold up those of other lanes.
   * @throws ChatError `queue_full`: the ticket has its lane, but no place in the line any more
   */
  join(lane?: string): Promise<void>;
  /** Gives the place at work up for a while, as for a tool whose flow needs the same queue. */
  pause(): void;
  /** Asks for a place again, ahead of everything that came later. Resolves when it has one. */
  resume(): Promise<void>;
  /**
   * Goes to the end of another queue's line, keeping the order of its lane. Resolves when it is its turn there; so does
   * a turn that is being waited for in the old line.
   * @throws ChatError `queue_full`: it stays where it was
   */
  move(to: RequestQueue): Promise<void>;
  leave(): void;
}

interface Entry extends LaneMember {
  queue: RequestQueue;
  order: number;
  begin: () => void;
  state: 'waiting' | 'working' | 'paused' | 'left';
}

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
      queue: this,
      order: this.#arrivals++,
      begin: () => {},
      advance: () => entry.queue.#advance(),
      state: 'waiting',
    };
    this.#waiting.push(entry);
    this.#advance();
    return {
      isWorking: () => entry.state === 'working',
      join: (lane) => entry.queue.#join(entry, lane),
      pause: () => entry.queue.#pause(entry),
      resume: () => entry.queue.#resume(entry),
      move: (to) => to.#take(entry),
      leave: () => entry.queue.#leave(entry),
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
      turn = whenBegun(entry);
    } else if (entry.state === 'working' && !isFirstInLane(entry)) {
      this.#pause(entry);
      turn = this.#resume(entry);
    }
    const { maxQueue } = this.#limits;
    if (maxQueue > 0 && this.#waiting.indexOf(entry) >= maxQueue) {
      this.#giveUpPlace(entry);
      throw this.#full();
    }
    return turn;
  }

  /** Takes an entry over from another queue. */
  #take(entry: Entry): Promise<void> {
    if (entry.state === 'left') return Promise.resolve();
    const { maxQueue } = this.#limits;
    const mustWait = this.#holdTimer !== undefined || !this.#hasRoom() || !isFirstInLane(entry);
    if (mustWait && maxQueue > 0 && this.#waiting.length >= maxQueue) throw this.#full();
    const from = entry.queue;
    from.#release(entry);
    // Not at once: others that wait there may be about to move for the same reason.
    queueMicrotask(() => from.#advance());
    entry.queue = this;
    entry.order = this.#arrivals++;
    entry.state = 'waiting';
    const turn = whenBegun(entry);
    this.#waiting.push(entry);
    this.#advance();
    return turn;
  }

  #begin(entry: Entry): void {
    const { begin } = entry;
    entry.state = 'working';
    entry.begin = () => {};
    this.#working++;
    begin();
  }

  #hasRoom(): boolean {
    const { concurrency } = this.#limits;
    return concurrency === 0 || this.#working < concurrency;
  }

  #full(): ChatError {
    return new ChatError('queue_full', { limit: this.#limits.maxQueue });
  }

  #leave(entry: Entry): void {
    if (entry.state === 'left') return;
    this.#giveUpPlace(entry);
    entry.state = 'left';
    leaveLane(entry);
  }

  #giveUpPlace(entry: Entry): void {
    this.#release(entry);
    this.#advance();
  }

  /** Out of the line, or from work, without a place anywhere. Its lane stays. */
  #release(entry: Entry): void {
    const { state } = entry;
    if (state === 'waiting') this.#waiting.splice(this.#waiting.indexOf(entry), 1);
    if (state === 'working') this.#working--;
    entry.state = 'paused';
  }

  #pause(entry: Entry): void {
    if (entry.state === 'working') this.#giveUpPlace(entry);
  }

  #resume(entry: Entry): Promise<void> {
    // It may have moved meanwhile.
    if (entry.state === 'waiting') return whenBegun(entry);
    if (entry.state !== 'paused') return Promise.resolve();
    const turn = whenBegun(entry);
    entry.state = 'waiting';
    const later = this.#waiting.findIndex(({ order }) => order > entry.order);
    this.#waiting.splice(later === -1 ? this.#waiting.length : later, 0, entry);
    this.#advance();
    return turn;
  }
}

/** Resolves when the entry comes to work, along with every turn that was asked for before. */
function whenBegun(entry: Entry): Promise<void> {
  const earlier = entry.begin;
  return new Promise((resolve) => {
    entry.begin = () => {
      earlier();
      resolve();
    };
  });
}
