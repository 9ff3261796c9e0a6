// Loads the HTTP packages and makes the client and the pool of one service.
import type { ServiceSettings } from './chat-service.ts';
import { createPool } from './connection-pool.ts';
import type { Redact } from './redact.ts';

export type Connection = Awaited<ReturnType<typeof openConnection>>;

/** Milliseconds: Node's timers take no more. */
export const LONGEST_TIMER = 2 ** 31 - 1;

const CLIENT_HEADERS =
  /^(accept|authorization|content-type|user-agent|x-response-format|x-stainless-[a-z-]+)$/;

/** The `openai` client that makes the requests, and the pool that they go through. Nothing is connected yet. */
export async function openConnection(settings: ServiceSettings, redact: Redact) {
  const [{ default: OpenAI }, undici, { createFetch }] = await Promise.all([
    import('openai'),
    import('undici'),
    // Naming the platform's Response loads a good part of its fetch.
    import('./http-fetch.ts'),
  ]);
  const { baseUrl, token, headers, timeout } = settings;
  const pool = createPool(undici, baseUrl, settings);
  const ownHeaders = new Set(Object.keys(headers).map((name) => name.toLowerCase()));
  const fetch = createFetch({
    request: undici.request,
    dispatcher: pool,
    redact,
    // OPENAI_CUSTOM_HEADERS can't be switched off in the client.
    allowHeader: (name) => CLIENT_HEADERS.test(name) || ownHeaders.has(name),
  });
  const client = new OpenAI({
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
    defaultHeaders: { ...(token === '' && { Authorization: null }), ...headers },
  });
  return { client, pool };
}
