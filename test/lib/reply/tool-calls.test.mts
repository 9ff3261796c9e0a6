import assert from 'node:assert/strict';
import { ToolCalls } from '../../../nodes/lib/reply/tool-calls.ts';

/** The arguments of the calls that one call's pieces come to. */
function argumentsOf(pieces: string[]): string[] {
  const calls = new ToolCalls();
  for (const [index, piece] of pieces.entries()) {
    const named =
      index === 0
        ? { id: 'a', function: { name: 't', arguments: piece } }
        : { function: { arguments: piece } };
    calls.addDelta({ tool_calls: [{ index: 0, ...named }] });
  }
  return calls.list.map(({ function: called }) => called.arguments);
}

describe('the arguments of a tool call', () => {
  const bern = '{"city":"Bern"}';
  for (const [written, understood] of [
    [bern, [bern]],
    ['{"a":"}{\\"[","b":[{"c":1}]}', ['{"a":"}{\\"[","b":[{"c":1}]}']],
    [`{}${bern}`, [bern]],
    [`{} ${bern}`, [bern]],
    [`${bern}${bern}`, [bern]],
    [`${bern}{"city": "Bern"}`, [bern]],
    ['{"a":{"b":1,"c":[2]}}{"a":{"c":[2],"b":1}}', ['{"a":{"b":1,"c":[2]}}']],
    [`${bern}{"city":"Ulm"}`, [bern, '{"city":"Ulm"}']],
    [`null${bern}`, [bern]],
    ['{}{}', ['{}']],
    [' { } ', ['{}']],
    ['null', ['{}']],
    ['[]', ['{}']],
    ['""', ['{}']],
    ['"{}"', ['{}']],
    [JSON.stringify(bern), [bern]],
    [JSON.stringify(JSON.stringify(bern)), [bern]],
    // No JSON object stays as it is.
    ['{"city":"Be', ['{"city":"Be']],
    [`${bern} and "more"`, [`${bern} and "more"`]],
    ['"Bern"', ['"Bern"']],
    ['[1]', ['[1]']],
    ['7', ['7']],
    ['in Bern}', ['in Bern}']],
  ] as const) {
    it(`should be understood: ${written}`, () => {
      for (let cut = 0; cut <= written.length; cut++) {
        assert.deepEqual(
          argumentsOf([written.slice(0, cut), written.slice(cut)]),
          understood,
          `cut at ${cut}`,
        );
      }
      assert.deepEqual(argumentsOf([...written]), understood, 'in characters');
    });
  }

  it('should be put together in linear time, with the name in each piece', () => {
    const calls = new ToolCalls();
    const began = performance.now();
    for (const piece of ['{"text":"', ...Array.from({ length: 200_000 }, () => 'xxxx'), '"}'])
      calls.addDelta({ tool_calls: [{ index: 0, id: 'a', function: { name: 't', arguments: piece } }] });
    assert.equal(calls.list[0]?.function.arguments.length, 800_011);
    assert.ok(performance.now() - began < 2000, `${performance.now() - began} ms`);
  });
});
