// The services that the form of a config node knows by name.
import { findModel, type ListedModel } from '../../lib/common/model-end.ts';

/** Where to find the services that many people use; those on this computer at the address they listen on. */
export const SERVICES: readonly { name: string; value: string }[] = [
  { name: 'Vivgrid', value: 'https://api.vivgrid.com/v1' },
  { name: 'OpenAI', value: 'https://api.openai.com/v1' },
  { name: 'OpenRouter', value: 'https://openrouter.ai/api/v1' },
  { name: 'Ollama', value: 'http://localhost:11434/v1' },
  { name: 'LM Studio', value: 'http://localhost:1234/v1' },
  { name: 'llama.cpp', value: 'http://localhost:8080/v1' },
];

/** Whether a base URL is Vivgrid's. */
export function isVivgrid(baseUrl: string): boolean {
  if (!URL.canParse(baseUrl)) return false;
  const { hostname } = new URL(baseUrl);
  return hostname === 'vivgrid.com' || hostname.endsWith('.vivgrid.com');
}

/** The model that is chosen in Vivgrid's console. It is in no list, and other services don't know it. */
export const MANAGED = 'managed';

/** Whether a service that has these models has this one, as far as that can be told from the list. */
export function hasModel(models: readonly ListedModel[], model: string, baseUrl: string): boolean {
  // A service without a list may have any; what a variable comes to shows when the flow starts.
  if (models.length === 0 || model.includes('${')) return true;
  if (model === MANAGED && isVivgrid(baseUrl)) return true;
  return findModel(models, model) !== undefined;
}
