// Completes the name of a model from what the service offers.
import type { Suggestion } from './completion.ts';

/** The models that the service of a deployed config node offers. The runtime remembers them for a while. */
export async function modelsOfConfig(id: string): Promise<Suggestion[]> {
  if (!id || id === '_ADD_') return [];
  try {
    const { models } = (await $.getJSON(`vivgrid-config/${encodeURIComponent(id)}/models`)) as {
      models: string[];
    };
    return models.map((value) => ({ value }));
  } catch {
    // No list is no reason to stop anyone from typing a model's name.
    return [];
  }
}
