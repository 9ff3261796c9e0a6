// A context store that keeps those who ask waiting, as one on another machine that is slow.
type Callback = (error: Error | null, ...values: unknown[]) => void;

export interface HeldStore {
  /** For Node-RED's `contextStorage` setting. */
  module: () => object;
  /** Gives what was asked for so far, and from now on at once. Each value is the name that it is asked by. */
  give(): void;
}

export function createHeldStore(): HeldStore {
  const { promise: given, resolve: give } = Promise.withResolvers<void>();
  return {
    module: () => ({
      open: async () => {},
      close: async () => {},
      get: (_scope: string, key: string, callback: Callback) => void given.then(() => callback(null, key)),
      set: (_scope: string, _key: string, _value: unknown, callback?: Callback) => callback?.(null),
      keys: (_scope: string, callback: Callback) => callback(null, []),
      delete: async () => {},
      clean: async () => {},
    }),
    give,
  };
}
