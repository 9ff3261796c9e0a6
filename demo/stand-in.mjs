// The stand-in for the API: answers with prepared texts, at a human pace.
import { LLMock } from '@copilotkit/aimock';
import { ANSWERS } from './answers.mjs';

/** About the pace of a model: a piece of a word at a time, some 25 of them a second. */
const PACE = { chunkSize: 5, streamingProfile: { ttft: 400, tps: 25, jitter: 0.6 } };

/**
 * Starts the stand-in for the API on a free loopback port.
 * @returns {Promise<string>} its base address
 */
export async function startStandIn() {
  const mock = new LLMock({ host: '127.0.0.1', port: 0, journalMaxEntries: 100 });
  for (const { when, answer } of ANSWERS) {
    mock.on(
      { predicate: (request) => when(text(request)) },
      (request) => replyOf(answer(text(request), request.messages)),
      PACE,
    );
  }
  await mock.start();
  // A proxy that this machine is set up for could not reach a loopback address.
  const direct = [process.env.no_proxy ?? process.env.NO_PROXY, '127.0.0.1'].filter(Boolean).join(',');
  process.env.no_proxy = direct;
  process.env.NO_PROXY = direct;
  return `${mock.url}/v1`;
}

/** An answer is a text, or the calls of tools. */
function replyOf(answer) {
  return typeof answer === 'string' ? { content: answer } : { toolCalls: answer };
}

/** The whole prompt as one text; the examples send text only. */
function text({ messages }) {
  return messages.map(({ content }) => (typeof content === 'string' ? content : '')).join('\n');
}
