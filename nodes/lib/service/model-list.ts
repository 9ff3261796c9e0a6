// The models that a service offers: remembered for a while, silent when they can't be had.
import type { ListedModel } from '../common/model-end.ts';

/** Milliseconds. */
const FRESH = 60_000;
const PATIENCE = 10_000;

export interface ModelSource {
  models(signal: AbortSignal): Promise<ListedModel[]>;
}

const lists = new WeakMap<ModelSource, { until: number; models: Promise<ListedModel[]> }>();

/** The service's models; none when the list can't be had. */
export async function modelsOf(service: ModelSource, now = Date.now): Promise<ListedModel[]> {
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
