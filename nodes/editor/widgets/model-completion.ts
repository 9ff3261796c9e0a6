// Completes the name of a model from what the service offers.
import type { ListedModel } from '../../lib/common/model-end.ts';
import type { Suggestion } from './completion.ts';

/** The models that the service of a deployed config node offers. The runtime remembers them for a while. */
export async function modelsOfConfig(id: string): Promise<Suggestion[]> {
  if (!id || id === '_ADD_') return [];
  try {
    const { models } = (await $.getJSON(`vivgrid-config/${encodeURIComponent(id)}/models`)) as {
      models: ListedModel[];
    };
    return suggestModels(models);
  } catch {
    // No list is no reason to stop anyone from typing a model's name.
    return [];
  }
}

/** Models to choose from, and when they end. */
export function suggestModels(models: readonly ListedModel[]): Suggestion[] {
  return models.map(({ id, ends }) => ({ value: id, ...(ends && { help: endWords(ends) }) }));
}

function endWords(date: string): string {
  return RED._('@vivgrid/node-red-vivgrid/vivgrid-config:vivgrid-config.model-ends', { date });
}
