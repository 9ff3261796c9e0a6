// A web server that stands for whatever an example calls: a camera, a chat service.
import { createServer } from 'node:http';
import { Collector } from './collector.mts';
import { listen } from './listen.mts';

export interface WebServer {
  url: string;
  /** The bodies of the requests. */
  requests: Collector<string>;
  close(): Promise<void>;
}

/** Answers every request with this. */
export async function startWebServer(type: string, body: Buffer | string): Promise<WebServer> {
  const requests = new Collector<string>();
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const piece of request) text += piece;
    requests.add(text);
    response.writeHead(200, { 'content-type': type });
    response.end(body);
  });
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}/`,
    requests,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
