// One table: what services really send, read whole and streamed, and cut at every byte. A new oddity is a new file in
// test/fixtures/services, with its outcome beside it.
import assert from 'node:assert/strict';
import type { ChatError } from '../../../nodes/lib/common/errors.ts';
import type { Reply } from '../../../nodes/lib/reply/reply.ts';
import { describeReply } from '../../../nodes/lib/sending/reply-details.ts';
import { askInRounds } from '../../../nodes/lib/tools/rounds.ts';
import type { Tool } from '../../../nodes/lib/tools/tool.ts';
import { type MovedClock, stopClock } from '../../support/moved-clock.mts';
import { type ReadResult, readFailure, readSteps } from '../../support/read-fixture.mts';
import {
  type ExpectedFailure,
  type ExpectedReply,
  type ServiceFixture,
  type Step,
  serviceFixtures,
  stepsOf,
  withoutBytes,
} from '../../support/service-fixtures.mts';

describe('what services really send', () => {
  let clock: MovedClock;

  beforeEach(() => {
    clock = stopClock();
  });

  afterEach(() => clock.stop());

  for (const fixture of serviceFixtures) {
    const { name, title, status, failure } = fixture;
    if (status !== 200) {
      it(`should read ${title} [${name}]`, () => assertFailure(readFailure(fixture), failure, ''));
      continue;
    }
    for (const isStreamAsked of [false, true]) {
      const asked = isStreamAsked ? 'a stream' : 'a complete reply';
      it(`should read ${title} where ${asked} was asked for [${name}]`, () => {
        assertOutcome(readSteps(stepsOf(fixture), fixture, isStreamAsked, clock), fixture, isStreamAsked);
      });
    }
    it(`should read ${title}, cut at every byte [${name}]`, () => {
      for (const [where, steps] of cutsOf(stepsOf(fixture))) {
        const result = readSteps(steps, fixture, true, clock);
        assertOutcome(result, fixture, true, where);
      }
    });
  }

  for (const { round, ...fixture } of serviceFixtures) {
    if (!round) continue;
    it(`should call tools for ${fixture.title} [${fixture.name}]`, async () => {
      const { reply } = readSteps(stepsOf(fixture), fixture, true, clock);
      const { ran, sentBack, results } = await answerCalls(reply);
      assert.deepEqual(ran, round.ran);
      if (round.sentBack) assert.deepEqual(sentBack, round.sentBack);
      for (const [index, part] of (round.results ?? []).entries())
        assert.ok(results[index]?.includes(part), `${results[index]}`);
    });
  }
});

/** Every pair of pieces that the steps can be cut into, and single bytes. */
function cutsOf(steps: readonly Step[]): [string, Step[]][] {
  const cuts: [string, Step[]][] = [];
  const single: Step[] = [];
  for (const [index, step] of steps.entries()) {
    if (typeof step === 'number') {
      single.push(step);
      continue;
    }
    for (const at of step.keys()) {
      const halves = [step.subarray(0, at), step.subarray(at)];
      cuts.push([`cut at byte ${at} of step ${index}`, steps.toSpliced(index, 1, ...halves)]);
      single.push(step.subarray(at, at + 1));
    }
  }
  return [...cuts, ['byte by byte', single]];
}

function assertOutcome(
  { reply, pieces, error }: ReadResult,
  { reply: whole, streamed, failure, pieces: expectedPieces }: ServiceFixture,
  isStreamAsked: boolean,
  where = '',
): void {
  const text = pieces.map((piece) => piece.text).join('');
  if (failure) {
    assertFailure(error, failure, where);
    assert.equal(reply.text, failure.cause?.text ?? '', where);
    if (text !== '') assert.equal(text, reply.text, where);
    return;
  }
  assert.equal(error, undefined, `${error?.params.words} ${where}`);
  const expected = (isStreamAsked && streamed?.reply) || whole;
  assert.deepEqual(withoutBytes(shownOf(reply)), expected, where);
  if (!isStreamAsked) return;
  if (typeof expected?.text === 'string') assert.equal(text, expected.text, where);
  if (expectedPieces) assert.deepEqual(shownPieces(pieces), expectedPieces, where);
}

function assertFailure(
  error: ChatError | undefined,
  failure: ExpectedFailure | undefined,
  where: string,
): void {
  assert.ok(error && failure, `no error ${where}`);
  assert.equal(error.code, failure.code, `${error.params.words} ${where}`);
  if (failure.words)
    assert.ok(String(error.params.words).includes(failure.words), String(error.params.words));
  const { text: _text, ...cause } = failure.cause ?? {};
  // A header's wait is read elsewhere.
  if (failure.cause && cause.retry_after !== 3) assert.deepEqual(error.cause, cause, where);
  // What has begun is not begun again.
  if (failure.retryable && !failure.cause?.text) assert.equal(error.retryable, true, where);
  if (failure.retryable === false && !failure.cause?.text) assert.equal(error.retryable, false, where);
}

function shownOf(reply: Reply): ExpectedReply {
  const { id: _id, model: _model, created: _created, ...details } = describeReply(reply);
  const texts = reply.choices.map(({ text }) => text);
  return { text: texts.length > 1 ? texts : reply.text, ...details };
}

function shownPieces(pieces: ReadResult['pieces']): (string | { reasoning: string })[] {
  return pieces.flatMap(({ text, reasoning }) => [
    ...(reasoning === '' ? [] : [{ reasoning }]),
    ...(text === '' ? [] : [text]),
  ]);
}

/** Gives the calls of a reply to a tool named `t`. */
async function answerCalls(first: Reply) {
  const ran: object[] = [];
  const tool: Tool = {
    name: 't',
    description: '',
    parameters: {},
    by: 'flow',
    checkArguments: async () => () => undefined,
    call: async (args) => {
      ran.push(args);
      return { text: 'done', isError: false };
    },
  };
  const last = new (first.constructor as typeof Reply)();
  last.add({ choices: [{ message: { content: 'Done.' }, finish_reason: 'stop' }] });
  const replies = [first, last];
  const { request } = await askInRounds(
    { model: 'managed', messages: [] },
    {
      tools: [tool],
      rounds: 2,
      signal: new AbortController().signal,
      caller: { lane: undefined, answers: undefined },
      flowsReady: () => undefined,
      ask: async () => replies.shift() as Reply,
      onCalls: () => {},
      onResults: async () => {},
      onActivity: () => {},
    },
  );
  const [assistant, ...answers] = request.messages as unknown as [
    { tool_calls: { function: { arguments: string } }[] },
    ...{ content: string }[],
  ];
  return {
    ran,
    sentBack: assistant.tool_calls.map(({ function: called }) => called.arguments),
    results: answers.map(({ content }) => content),
  };
}
