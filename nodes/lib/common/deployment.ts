// Whether flows are being deployed: nodes that others refer to may be gone then, or not there yet.

/** Milliseconds that one deployment is waited for. */
export const LONGEST_DEPLOYMENT = 10_000;

export class Deployment {
  #phase: 'running' | 'stopping' | 'starting' = 'running';
  #ready: Promise<void> | undefined;
  #end = (): void => {};
  #timer: NodeJS.Timeout | undefined;

  /** Resolves when the flows have started, or that takes too long; nothing to wait for while none is deployed. */
  get ready(): Promise<void> | undefined {
    return this.#ready;
  }

  /** Flows are being stopped: a deployment begins. One that is under way is over with it, and starts nothing. */
  stopping(): void {
    this.#phase = 'stopping';
    this.#begin();
  }

  /** Flows are being started, for the first time or in the course of a deployment. */
  starting(): void {
    this.#phase = 'starting';
    if (!this.#ready) this.#begin();
  }

  /** Flows have started. It may be those of a deployment that another one has overtaken. */
  started(): void {
    if (this.#phase !== 'starting') return;
    this.#phase = 'running';
    this.#end();
  }

  #begin(): void {
    clearTimeout(this.#timer);
    // A runtime that stops for good is not kept from it.
    this.#timer = setTimeout(() => this.#end(), LONGEST_DEPLOYMENT).unref();
    this.#ready ??= new Promise((resolve) => {
      this.#end = () => {
        clearTimeout(this.#timer);
        this.#ready = undefined;
        resolve();
      };
    });
  }
}
