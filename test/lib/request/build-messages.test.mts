import assert from 'node:assert/strict';
import type { MessageRow } from '../../../nodes/lib/common/settings.ts';
import type { ContentPart } from '../../../nodes/lib/request/attachments.ts';
import type { Prompt } from '../../../nodes/lib/request/build-messages.ts';
import { createPromptBuilder } from '../../../nodes/lib/request/build-messages.ts';

const NOTHING = { env: () => undefined, context: async () => undefined };
const PICTURE: ContentPart = { type: 'image_url', image_url: { url: 'https://example.com/a.png' } };

/** Rows of type `msg` name a property of the message; those of type `str` are as they are. */
function build(rows: MessageRow[], message: object = {}, attachments: ContentPart[] = []): Promise<Prompt> {
  const evaluate = async (value: string, type: string, from: object): Promise<unknown> =>
    type === 'str' ? value : (from as Record<string, unknown>)[value];
  return createPromptBuilder(rows, evaluate, NOTHING)(message, attachments);
}

const row = (role: MessageRow['role'], content: string, type: MessageRow['type'] = 'str'): MessageRow => ({
  role,
  type,
  content,
});

describe('createPromptBuilder', () => {
  it('should give the rows in their order, with their own white space', async () => {
    const { messages } = await build([
      row('system', 'Be nice. '),
      row('user', '\nHi'),
      row('assistant', 'Yes?'),
    ]);
    assert.deepEqual(messages, [
      { role: 'system', content: 'Be nice. ' },
      { role: 'user', content: '\nHi' },
      { role: 'assistant', content: 'Yes?' },
    ]);
  });

  it('should write values of every kind as text', async () => {
    const values: [value: unknown, content: string][] = [
      ['text', 'text'],
      [0, '0'],
      [false, 'false'],
      [{ a: [1] }, '{"a":[1]}'],
      [Buffer.from('grün'), 'grün'],
      [new Date(0), '1970-01-01T00:00:00.000Z'],
    ];
    for (const [payload, content] of values) {
      const { messages } = await build([row('user', 'payload', 'msg')], { payload });
      assert.deepEqual(messages, [{ role: 'user', content }]);
    }
  });

  it('should leave out rows that come out as nothing or white space', async () => {
    const message = { a: undefined, b: null, c: '', d: ' \n\t', e: Buffer.alloc(0) };
    const blank = Object.keys(message).map((name) => row('user', name, 'msg'));
    const { messages } = await build(
      [...blank, row('system', '{{nothing}}', 'mustache'), row('user', 'Hi')],
      message,
    );
    assert.deepEqual(messages, [{ role: 'user', content: 'Hi' }]);
  });

  it('should put a history in at its place, as it is', async () => {
    const history = [
      { role: 'developer', content: 'd' },
      { role: 'assistant', content: null, tool_calls: [{ id: '1' }], extra: { kept: true } },
      { role: 'tool', tool_call_id: '1', content: '' },
      { role: 'user', content: [{ type: 'text', text: 'x' }] },
    ];
    const { messages } = await build([row('system', 's'), row('history', 'h', 'msg'), row('user', 'u')], {
      h: history,
    });
    assert.deepEqual(messages, [
      { role: 'system', content: 's' },
      ...history,
      { role: 'user', content: 'u' },
    ]);
  });

  it('should take a history of undefined, null and no messages for none', async () => {
    for (const h of [undefined, null, []]) {
      const { messages } = await build([row('history', 'h', 'msg'), row('user', 'u')], { h });
      assert.deepEqual(messages, [{ role: 'user', content: 'u' }]);
    }
  });

  for (const h of [
    'text',
    '[]',
    5,
    {},
    { role: 'user', content: 'x' },
    [null],
    ['x'],
    [[]],
    [{}],
    [{ role: 'user', content: 5 }],
    [{ role: 'user', content: { text: 'x' }, tool_calls: [] }],
    [{ role: 'User', content: 'x' }],
    [{ role: 'robot', content: 'x' }],
    [{ content: 'x' }],
  ]) {
    it(`should refuse ${JSON.stringify(h)} for a history`, async () => {
      await assert.rejects(build([row('user', 'u'), row('history', 'h', 'msg')], { h }), {
        code: 'parameter',
        key: 'history',
        params: { label: '2 (history)' },
      });
    });
  }

  for (const content of [
    undefined,
    null,
    '',
    ' \n',
    [],
    [''],
    [null],
    [{ type: 'text', text: ' ' }],
    [{ type: 'text' }],
    [{}],
  ]) {
    it(`should leave out messages of a history with the content ${JSON.stringify(content)}, but for calls and results`, async () => {
      const call = { role: 'assistant', content, tool_calls: [{ id: '1' }] };
      const old = { role: 'assistant', content, function_call: { name: 'f', arguments: '{}' } };
      const h = [
        { role: 'system', content },
        { role: 'user', content },
        { role: 'user', content: 'x' },
        { role: 'assistant', content, tool_calls: [] },
        call,
        { role: 'tool', tool_call_id: '1', content },
        old,
      ];
      const { messages, question } = await build([row('history', 'h', 'msg'), row('user', 'u')], { h });
      // JSON leaves a property without a value out, and has no gaps in a list.
      assert.deepEqual(
        JSON.parse(JSON.stringify(messages)),
        JSON.parse(
          JSON.stringify([
            { role: 'user', content: 'x' },
            call,
            { role: 'tool', tool_call_id: '1', content: content ?? '' },
            old,
            { role: 'user', content: 'u' },
          ]),
        ),
      );
      assert.equal(question, 4);
    });
  }

  it('should keep messages of a history that show something without a text', async () => {
    const h = [{ role: 'user', content: [{ type: 'text', text: '' }, PICTURE] }];
    const { messages } = await build([row('history', 'h', 'msg')], { h });
    assert.deepEqual(messages, h);
  });

  it('should take a history in whichever form a function node has it', async () => {
    const h = new Set([{ role: 'user', content: Buffer.from('grün') }]);
    const { messages } = await build([row('history', 'h', 'msg')], { h });
    assert.deepEqual(messages, [{ role: 'user', content: 'grün' }]);
  });

  it('should refuse a prompt with nothing to ask', async () => {
    const rowLists: MessageRow[][] = [
      [],
      [row('system', 's'), row('developer', 'd')],
      [row('system', 's'), row('user', ' ')],
      [row('history', 'h', 'msg')],
    ];
    const h = [
      { role: 'system', content: 's' },
      { role: 'user', content: [] },
      { role: 'assistant', content: null, tool_calls: [{ id: '1' }] },
    ];
    for (const rows of rowLists) {
      await assert.rejects(build(rows, { h }), {
        code: 'parameter',
        key: 'prompt_empty',
      });
    }
  });

  it('should take an assistant, a history, a tool result or an attachment for something to ask', async () => {
    await build([row('assistant', 'Go on')]);
    await build([row('history', 'h', 'msg')], { h: [{ role: 'user', content: 'x' }] });
    await build([row('history', 'h', 'msg')], { h: [{ role: 'tool', tool_call_id: '1', content: 'x' }] });
    await build([row('history', 'h', 'msg')], { h: [{ role: 'tool', tool_call_id: '1', content: '' }] });
    await build([row('user', '')], {}, [PICTURE]);
    await build([], {}, [PICTURE]);
  });

  it('should keep a mistake in a template for the messages, each of which fails with it', async () => {
    const builder = createPromptBuilder([row('user', '{{a', 'mustache')], async () => undefined, NOTHING);
    for (let times = 0; times < 2; times++) {
      await assert.rejects(builder({}, []), { code: 'template', key: 'template_syntax' });
    }
  });

  it('should name the row whose value can not be had', async () => {
    const evaluate = (): Promise<unknown> => Promise.reject(new Error('no such store'));
    await assert.rejects(createPromptBuilder([row('system', 'x', 'flow')], evaluate, NOTHING)({}, []), {
      code: 'parameter',
      key: 'row_value',
      params: { label: '1 (system)', type: 'flow', value: 'x', words: 'no such store' },
    });
  });

  describe('with attachments', () => {
    it('should add them to the last user row', async () => {
      const { messages, text } = await build(
        [row('user', 'first'), row('user', 'What is this?'), row('assistant', 'It is')],
        {},
        [PICTURE, PICTURE],
      );
      assert.deepEqual(messages, [
        { role: 'user', content: 'first' },
        { role: 'user', content: [{ type: 'text', text: 'What is this?' }, PICTURE, PICTURE] },
        { role: 'assistant', content: 'It is' },
      ]);
      assert.equal(text, 'What is this?');
    });

    it('should send them alone where that row is blank', async () => {
      const { messages, text } = await build([row('system', 's'), row('user', ' ')], {}, [PICTURE]);
      assert.deepEqual(messages, [
        { role: 'system', content: 's' },
        { role: 'user', content: [PICTURE] },
      ]);
      assert.equal(text, '');
    });

    it('should add them to the last user message of a history where there is no user row', async () => {
      const h = [
        { role: 'user', content: 'What is this?', name: 'ada' },
        { role: 'assistant', content: 'Hm' },
      ];
      const { messages } = await build([row('history', 'h', 'msg')], { h }, [PICTURE]);
      assert.deepEqual(messages, [
        { role: 'user', content: [{ type: 'text', text: 'What is this?' }, PICTURE], name: 'ada' },
        { role: 'assistant', content: 'Hm' },
      ]);
      assert.equal(h[0]?.content, 'What is this?', 'the flow keeps its own');
    });

    it('should make a user message where there is none', async () => {
      const { messages } = await build([row('system', 's')], {}, [PICTURE]);
      assert.deepEqual(messages.at(-1), { role: 'user', content: [PICTURE] });
    });
  });

  it('should tell where the question stands, for the turns of a conversation to go in before it', async () => {
    const question = async (rows: MessageRow[], message = {}): Promise<number> =>
      (await build(rows, message)).question;
    assert.equal(await question([row('system', 's'), row('user', 'example'), row('user', 'u')]), 2);
    assert.equal(await question([row('user', 'u'), row('assistant', 'a')]), 0);
    assert.equal(await question([row('system', ''), row('user', 'u')]), 0);
    assert.equal(
      await question([row('history', 'h', 'msg'), row('user', 'u')], { h: [{ role: 'user', content: 'x' }] }),
      1,
    );
    assert.equal(await question([row('system', 's'), row('assistant', 'a')]), 2);
  });
});
