// The service that the benchmark asks: a process of its own, so that its work is not counted. The model's name says
// what it answers: `whole`, `stream-<chunks>`, or `first-<milliseconds>` (one chunk after a while, holding its time).
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const ID = 'chatcmpl-bench';
const WORDS = 'The quick brown fox jumps over the lazy dog while the model talks on and on '.split(' ');

const event = (delta: object, finish_reason: string | null = null): string =>
  `data: ${JSON.stringify({
    id: ID,
    object: 'chat.completion.chunk',
    created: 1_770_000_000,
    model: 'bench-model',
    system_fingerprint: 'fp_bench',
    choices: [{ index: 0, delta, logprobs: null, finish_reason }],
  })}\n\n`;

const WHOLE = JSON.stringify({
  id: ID,
  object: 'chat.completion',
  created: 1_770_000_000,
  model: 'bench-model',
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: `${WORDS.join(' ')} `.repeat(10) },
      finish_reason: 'stop',
    },
  ],
  usage: { prompt_tokens: 20, completion_tokens: 160, total_tokens: 180 },
});

const streams = new Map<number, Buffer[]>();

// As a busy network delivers them: some events in each piece, cut where a packet ends.
function stream(chunks: number): Buffer[] {
  const known = streams.get(chunks);
  if (known) return known;
  const events = Array.from({ length: chunks }, (_, index) =>
    event({ content: `${WORDS[index % WORDS.length]} ` }),
  );
  const text = Buffer.from(`${events.join('')}${event({}, 'stop')}data: [DONE]\n\n`);
  const pieces = Array.from({ length: Math.ceil(text.length / 4096) }, (_, index) =>
    text.subarray(index * 4096, (index + 1) * 4096),
  );
  streams.set(chunks, pieces);
  return pieces;
}

async function answer(model: string, response: ServerResponse): Promise<void> {
  const [kind, number] = model.split('-');
  if (kind === 'whole') {
    response.writeHead(200, { 'content-type': 'application/json' }).end(WHOLE);
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  if (kind === 'stream') {
    for (const piece of stream(Number(number))) if (!response.write(piece)) await once(response, 'drain');
    response.end();
    return;
  }
  response.flushHeaders();
  setTimeout(() => {
    response.write(event({ content: String(process.hrtime.bigint()) }));
    if (kind === 'first') response.end(`${event({}, 'stop')}data: [DONE]\n\n`);
  }, Number(number));
}

const server = createServer(async (request, response) => {
  let text = '';
  for await (const piece of request) text += piece;
  await answer((JSON.parse(text || '{}') as { model?: string }).model ?? 'whole', response);
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on('disconnect', () => process.exit());
