// The stand-in for the API: answers with prepared texts, at a human pace.
import { LLMock } from '@copilotkit/aimock';
import { SUPPLIES } from './examples.mjs';

/** Its model. It lists that of the example with a fallback, too: *Test* in a config node looks for the one chosen. */
export const MODEL = 'stand-in';
const MODELS = [MODEL, 'llama3.2'];

/** About the pace of a model: a piece of a word at a time, some 25 of them a second. */
const PACE = { chunkSize: 5, streamingProfile: { ttft: 400, tps: 25, jitter: 0.6 } };

const OTHERWISE =
  'This is the stand-in that comes with the demo. It isn’t a model: it only knows the examples. Set VIVGRID_API_KEY and start again to get real answers.';

/**
 * Starts the stand-in for the API on a free loopback port.
 * @returns {Promise<string>} its base URL
 */
export async function startStandIn() {
  const mock = new LLMock({ host: '127.0.0.1', port: 0, journalMaxEntries: 100 });
  const answers = [...SUPPLIES.flatMap((example) => example.answers), { when: /^/, answer: OTHERWISE }];
  for (const { when, model = /^/, answer } of answers) {
    mock.on(
      { predicate: (request) => when.test(text(request)) && model.test(request.model) },
      (request) => replyOf(typeof answer === 'function' ? answer(text(request), request.messages) : answer),
      PACE,
    );
  }
  mock.mount('/v1/chat/completions', { handleRequest: drawPictures });
  mock.mount('/v1/models', { handleRequest: listModels });
  await mock.start();
  return `${mock.url}/v1`;
}

async function listModels(_request, response) {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ object: 'list', data: MODELS.map((id) => ({ id, object: 'model' })) }));
  return true;
}

/** aimock has no pictures in replies: an answer that is a data URL becomes one. The rest is left to aimock. */
async function drawPictures(_request, response) {
  const end = response.end.bind(response);
  response.end = (body, ...rest) => end(typeof body === 'string' ? withPicture(body) : body, ...rest);
  return false;
}

function withPicture(body) {
  if (!body.includes('"content":"data:image/')) return body;
  const reply = JSON.parse(body);
  const { message } = reply.choices[0];
  message.images = [{ type: 'image_url', image_url: { url: message.content } }];
  message.content = '';
  return JSON.stringify(reply);
}

function replyOf(answer) {
  if (typeof answer === 'string') return { content: answer };
  return Array.isArray(answer) ? { toolCalls: answer } : answer;
}

/** The whole prompt as one text, without its attachments. */
function text({ messages }) {
  return messages
    .flatMap(({ content }) => (Array.isArray(content) ? content.map((part) => part.text) : content))
    .filter((part) => typeof part === 'string')
    .join('\n');
}
