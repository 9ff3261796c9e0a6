// The same table in Node-RED, on real sockets: what services really send, and what the flow gets of it.
import assert from 'node:assert/strict';
import type { ChatSettings } from '../../nodes/lib/common/settings.ts';
import { type ChatFlow, type Message, startChatFlow } from '../support/chat-flow.mts';
import {
  type Answer,
  completion,
  type RawServer,
  type SeenRequest,
  sendJson,
  startRawServer,
} from '../support/raw-server.mts';
import { type ServiceFixture, serviceFixtures, withoutBytes } from '../support/service-fixtures.mts';
import { toolFlow } from '../support/tool-flow.mts';

const FIXTURES = new Map(serviceFixtures.map((fixture) => [fixture.name, fixture]));
const QUESTION = 'payload';

/** Answers with the bytes of the fixture that the question names, and the results of tools with a last reply. */
const answerWithFixture: Answer = (response, { body }) => {
  const question = body.messages.find(({ role }: { role: string }) => role === 'user').content;
  const { bytes, status, type, headers = {} } = FIXTURES.get(question) as ServiceFixture;
  if (body.messages.some(({ role }: { role: string }) => role === 'tool')) {
    sendJson(response, completion('Done.'));
    return;
  }
  response.writeHead(status, { 'content-type': type, ...headers });
  response.end(bytes);
};

interface Group {
  fixtures: ServiceFixture[];
  chat: Partial<ChatSettings>;
}

/** Fixtures that one chat node can be asked for. */
function groupsFor(isStreamed: boolean): Map<string, Group> {
  const groups = new Map<string, Group>();
  for (const fixture of serviceFixtures) {
    const { n = 1, round, chat = {}, needsSilence, failure } = fixture;
    if (needsSilence || (isStreamed && n > 1)) continue;
    const settings: Partial<ChatSettings> = {
      stream: isStreamed,
      reasoning: true,
      ...(round && { tools: ['t'] }),
      ...(n > 1 && { parameters: [{ name: 'n', value: String(n), type: 'num' }] }),
      ...chat,
    };
    // What is asked to wait holds all up that come after it.
    const isAlone = failure?.code === 'rate_limit';
    const key = isAlone ? `nothing but ${fixture.name}` : JSON.stringify(settings);
    const group = groups.get(key) ?? { fixtures: [], chat: settings };
    group.fixtures.push(fixture);
    groups.set(key, group);
  }
  return groups;
}

describe('vivgrid-chat and what services really send', () => {
  let server: RawServer;
  let flow: ChatFlow;

  before(async () => {
    server = await startRawServer(answerWithFixture);
  });

  after(() => server.close());

  for (const isStreamed of [false, true]) {
    for (const [key, { fixtures, chat }] of groupsFor(isStreamed)) {
      describe(`${isStreamed ? 'streamed' : 'complete'}, with ${key}`, () => {
        before(async () => {
          flow = await startChatFlow({
            config: { baseUrl: server.url, maxRetries: 0 },
            chat,
            nodes: toolFlow(
              't',
              't',
              'flow.set(msg.tool.id, msg.payload); msg.payload = "done"; return msg;',
              {
                schema: '{}',
              },
            ),
          });
        });

        after(() => flow.stop());

        for (const fixture of fixtures) {
          it(`should read ${fixture.title} [${fixture.name}]`, async () => {
            const ended = flow.completed.items.length + flow.caught.items.length;
            const requests = server.requests.items.length;
            const failures = flow.caught.items.length;
            const sent = flow.outputs.items.length;
            flow.input({ [QUESTION]: fixture.name });
            await flow.ended(ended + 1);
            const outputs = flow.outputs.items.slice(sent);
            const caught = flow.caught.items.slice(failures);
            if (fixture.failure) assertFailed(fixture, caught, outputs, isStreamed);
            else if (fixture.round)
              assertAnswered(fixture, caught, outputs, server.requests.items.slice(requests));
            else assertReplied(fixture, caught, outputs, isStreamed);
          });
        }
      });
    }
  }
});

function assertFailed(
  { failure, sent }: ServiceFixture,
  caught: Message[],
  outputs: Message[],
  isStreamed: boolean,
): void {
  assert.equal(caught.length, 1, JSON.stringify(outputs));
  const [{ error }] = caught;
  assert.equal(error.code, failure?.code, error.message);
  if (failure?.words) assert.ok(error.message.includes(failure.words), error.message);
  if (failure?.cause) assert.deepEqual(error.cause, { ...failure.cause, attempts: 1 });
  const texts = outputs.map(({ payload }) => payload);
  assert.deepEqual(texts, isStreamed ? (sent ?? []) : []);
}

function assertReplied(
  { reply, streamed, pieces, value }: ServiceFixture,
  caught: Message[],
  outputs: Message[],
  isStreamed: boolean,
): void {
  assert.deepEqual(
    caught.map(({ error }) => error.message),
    [],
  );
  const { text, ...details } = (isStreamed && streamed?.reply) || reply || {};
  const last = outputs.at(-1);
  const {
    id: _id,
    service: _service,
    model: _model,
    created: _created,
    attempts,
    timing: _timing,
    ...got
  } = last.vivgrid;
  assert.equal(attempts, 1);
  assert.deepEqual(withoutBytes(got), details);
  if (!isStreamed) {
    assert.equal(outputs.length, 1);
    assert.deepEqual(last.payload, value ?? text);
    return;
  }
  const chunks = outputs.slice(0, -1);
  assert.equal(chunks.map(({ payload }) => payload).join(''), text);
  assert.equal(last.complete, true);
  if (!pieces) return;
  const shown = chunks.map(({ payload, vivgrid }) =>
    vivgrid.reasoning === undefined ? payload : { reasoning: vivgrid.reasoning },
  );
  assert.deepEqual(shown, pieces);
}

function assertAnswered(
  { round }: ServiceFixture,
  caught: Message[],
  outputs: Message[],
  requests: SeenRequest[],
): void {
  assert.deepEqual(
    caught.map(({ error }) => error.message),
    [],
  );
  assert.equal(outputs[0].payload, 'Done.');
  assert.equal(requests.length, 2);
  const [, assistant, ...answers] = requests[1]?.body.messages ?? [];
  const results: string[] = answers.map(({ content }: { content: string }) => content);
  assert.equal(results.filter((content) => content === 'done').length, round?.ran.length);
  if (round?.sentBack)
    assert.deepEqual(
      assistant.tool_calls.map(({ function: called }: Message) => called.arguments),
      round.sentBack,
    );
  for (const [index, part] of (round?.results ?? []).entries())
    assert.ok(results[index]?.includes(part), results[index]);
}
