// Loads the HTTP packages and makes the client and the pool of one service.

import { LONGEST_TIMER } from '../common/longest-timer.ts';
import type { Redact } from '../common/redact.ts';
import { createPool } from '../http/connection-pool.ts';
import { createFetch } from '../http/http-fetch.ts';
import type { ServiceSettings } from './service-settings.ts';

export type Connection = Awaited<ReturnType<typeof openConnection>>;

/** The `openai` client that makes the requests, and the pool that they go through. Nothing is connected yet. */
export async function openConnection(settings: ServiceSettings, redact: Redact) {
  const [{ default: OpenAI }, undici] = await Promise.all([import('openai'), import('undici')]);
  const { baseUrl, query, token, headers, timeout } = settings;
  const pool = createPool(undici, baseUrl, settings);
  const fetch = createFetch({ dispatcher: pool, redact });
  const client = withoutVariable(
    'OPENAI_CUSTOM_HEADERS',
    () =>
      new OpenAI({
        baseURL: baseUrl,
        apiKey: token || 'none',
        // Every option that the client would otherwise read from an OPENAI_* variable.
        adminAPIKey: null,
        organization: null,
        project: null,
        webhookSecret: null,
        logLevel: 'off',
        // Tries are made by the service: the client's own can't see a quota, end at once or hold the queue.
        maxRetries: 0,
        // The service watches for silence itself, up to the last byte.
        timeout: Math.min(timeout + 1000, LONGEST_TIMER),
        fetch,
        defaultQuery: query,
        defaultHeaders: { ...(token === '' && { Authorization: null }), ...headers },
      }),
  );
  return { client, pool };
}

// The one variable that no option overrides: it would put headers, even another token, into every request.
function withoutVariable<T>(name: string, make: () => T): T {
  const value = process.env[name];
  delete process.env[name];
  try {
    return make();
  } finally {
    if (value !== undefined) process.env[name] = value;
  }
}
