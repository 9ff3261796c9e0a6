// A try of a service's settings before they are deployed.

import { ChatError } from '../common/errors.ts';
import type { ListedModel } from '../common/model-end.ts';
import { ChatService } from './chat-service.ts';
import type { ServiceSettings } from './service-settings.ts';

/** Milliseconds. */
const PATIENCE = 20_000;

/** Lists the service's models and tells how long it took. Rejects with a ChatError. */
export async function testService(settings: ServiceSettings): Promise<{ models: ListedModel[]; ms: number }> {
  const service = new ChatService(settings);
  const signal = AbortSignal.timeout(PATIENCE);
  const began = performance.now();
  try {
    const models = await service.models(signal);
    return { models, ms: Math.round(performance.now() - began) };
  } catch (error) {
    if (signal.aborted) throw new ChatError('timeout_silence', { seconds: PATIENCE / 1000 });
    throw error;
  } finally {
    await service.close();
  }
}
