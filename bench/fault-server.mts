// The service that the soak asks: a process of its own that answers well, badly or not at all, by the prompt's number
// and a seed. With the prompt `silent <milliseconds>` it answers after that time, `hush <milliseconds>` falls silent
// for it after the first chunk. Beside it runs a proxy.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { listen } from '../test/support/listen.mts';
import { startProxy } from '../test/support/proxy.mts';
import { createRandom } from '../test/support/random.mts';
import { chunk, chunksOf, completion, streamText } from '../test/support/raw-server.mts';

const seed = Number(process.argv[2] ?? 1);
const JSON_TYPE = { 'content-type': 'application/json' };
const STREAM_TYPE = { 'content-type': 'text/event-stream' };
const text = 'The quick brown fox jumps over the lazy dog. ';

const counts = { requests: 0, faults: 0 };

type Answer = (response: ServerResponse, isStream: boolean, socket: Socket, random: () => number) => void;

const good: Answer = (response, isStream, _socket, random) => {
  const pieces = Array.from({ length: 1 + Math.floor(random() * 40) }, () => text);
  if (isStream) response.writeHead(200, STREAM_TYPE).end(streamText(chunksOf(pieces)));
  else response.writeHead(200, JSON_TYPE).end(JSON.stringify(completion(pieces.join(''))));
};
const status =
  (code: number, headers: object = {}): Answer =>
  (response) =>
    response
      .writeHead(code, { ...JSON_TYPE, ...headers })
      .end(JSON.stringify({ error: { message: `This is a ${code}.`, type: 'some_error' } }));
const begun = `data: ${JSON.stringify(chunk({ content: text }))}\n\n`;
const broken =
  (ending: string): Answer =>
  (response) =>
    response.writeHead(200, STREAM_TYPE).end(begun + ending);

const FAULTS: Answer[] = [
  status(400),
  status(401),
  status(402),
  status(404),
  status(413),
  status(408, { 'retry-after': '0' }),
  status(409, { 'retry-after': '0' }),
  status(429, { 'retry-after-ms': '20' }),
  status(429, { 'retry-after': '0' }),
  status(500, { 'retry-after': '0' }),
  status(503, { 'retry-after-ms': '10' }),
  status(307, { location: '/elsewhere' }),
  broken('data: [DONE]\n\n'),
  broken(''),
  broken('data: {"choices":[{"delta"\n\n'),
  broken('{"error":{"message":"The tool failed."}}\n'),
  broken('event: error\ndata: {"message":"Failed","code":500}\n\n'),
  (_response, _isStream, socket) => socket.resetAndDestroy(),
  (_response, _isStream, socket) => socket.end('nonsense\r\n\r\n'),
  (response, _isStream, socket) => {
    response.writeHead(200, STREAM_TYPE).write(begun, () => socket.resetAndDestroy());
  },
  (response, _isStream, socket) => {
    response
      .writeHead(200, { ...JSON_TYPE, 'content-length': '5000' })
      .write('{"id":', () => socket.destroy());
  },
  (response) => response.writeHead(200, JSON_TYPE).end('{"id":'),
  (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Welcome</h1>'),
  (response) => response.writeHead(204).end(),
  (response) => void response.writeHead(200, STREAM_TYPE).write(streamText(chunksOf([text]))),
  (response) =>
    response
      .writeHead(200, { ...STREAM_TYPE, 'content-encoding': 'gzip' })
      .end(gzipSync(streamText(chunksOf([text, text])))),
  (response) =>
    response
      .writeHead(200, { ...JSON_TYPE, 'content-encoding': 'gzip' })
      .end(gzipSync('{"id":1}').subarray(0, 12)),
  (response, isStream, socket, random) => {
    setTimeout(() => good(response, isStream, socket, random), random() * 100);
  },
];
const SILENT: Answer[] = [() => {}, (response) => void response.writeHead(200, STREAM_TYPE).write(begun)];

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = '';
  for await (const piece of request) body += piece;
  counts.requests++;
  const { stream = false, messages } = JSON.parse(body) as {
    stream?: boolean;
    messages: { content: string }[];
  };
  const prompt = messages.at(-1)?.content ?? '';
  const [kind, milliseconds] = prompt.split(' ');
  if (kind === 'silent') {
    setTimeout(() => good(response, stream, request.socket, () => 0.1), Number(milliseconds));
    return;
  }
  if (kind === 'hush') {
    response.writeHead(200, STREAM_TYPE).write(begun);
    setTimeout(() => response.end(streamText([chunk({}, 'stop')])), Number(milliseconds));
    return;
  }
  const random = createRandom(seed + Number(prompt) * 7919);
  const kindOfAnswer = random();
  if (kindOfAnswer >= 0.3) return good(response, stream, request.socket, random);
  counts.faults++;
  const list = kindOfAnswer < 0.005 ? SILENT : FAULTS;
  (list[Math.floor(random() * list.length)] as Answer)(response, stream, request.socket, random);
}

const server = createServer((request, response) => {
  // A client that goes away in the middle of its request.
  answer(request, response).catch(() => response.destroy());
});
const port = await listen(server);
const proxy = await startProxy();
process.send?.({ port, proxy: proxy.url });
process.on('message', () => {
  server.getConnections((_error, connections) =>
    process.send?.({ ...counts, connections, proxied: proxy.openConnections() }),
  );
});
process.on('disconnect', () => process.exit());
