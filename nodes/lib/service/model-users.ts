// The running nodes that ask a service, and which model they ask for: for those who look after the service's models.

export interface ModelUser {
  /** The id of the config node. */
  config: string;
  /** The model's name, blank for the config node's model; nothing where each message names one. */
  model(): Promise<string | undefined>;
  /** Tells the log that the model ends, on a day as `2027-01-14`. */
  onEnd(model: string, ends: string): void;
}

const users = new Set<ModelUser>();

/** Returns what takes the user away again. */
export function addModelUser(user: ModelUser): () => void {
  users.add(user);
  return () => void users.delete(user);
}

/** Those that ask the service of a config node. */
export function modelUsersOf(config: string): ModelUser[] {
  return [...users].filter((user) => user.config === config);
}
