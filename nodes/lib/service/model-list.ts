// The models that a service offers, for completion in a form: remembered for a while, silent when they can't be had.

/** Milliseconds. */
const FRESH = 60_000;
const PATIENCE = 10_000;

interface Source {
  models(signal: AbortSignal): Promise<string[]>;
}

const lists = new WeakMap<Source, { until: number; models: Promise<string[]> }>();

/** Ids of the service's models; none when the list can't be had. */
export async function modelsOf(service: Source, now = Date.now): Promise<string[]> {
  let list = lists.get(service);
  if (!list || now() >= list.until) {
    list = { until: now() + FRESH, models: service.models(AbortSignal.timeout(PATIENCE)) };
    lists.set(service, list);
  }
  try {
    return await list.models;
  } catch {
    // The next one to ask tries again.
    lists.delete(service);
    return [];
  }
}
