// Pictures, sounds and documents from the flow: what the service gets of them, and what it is spared.
import assert from 'node:assert/strict';
import type { AttachmentRow, ChatSettings, MessageRow } from '../../nodes/lib/common/settings.ts';
import {
  type ChatFlow,
  type FlowOptions,
  type Message,
  startChatFlow,
  USER_ROW,
} from '../support/chat-flow.mts';
import { completion, type RawServer, sendJson, startRawServer } from '../support/raw-server.mts';

const bytes = (start: number[] | string, length = 64): Buffer => {
  const buffer = Buffer.alloc(length, 1);
  Buffer.from(start as never).copy(buffer);
  return buffer;
};
const riff = (kind: string): Buffer => {
  const buffer = bytes('RIFF');
  buffer.write(kind, 8, 'latin1');
  return buffer;
};

const FILES = {
  png: bytes([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
  jpeg: bytes([0xff, 0xd8, 0xff, 0xe0]),
  gif87: bytes('GIF87a'),
  gif89: bytes('GIF89a'),
  webp: riff('WEBP'),
  wav: riff('WAVE'),
  mp3: bytes([0xff, 0xfb, 0x90, 0x64]),
  mp3Tagged: bytes('ID3\x04'),
  pdf: bytes('%PDF-1.7\n'),
};

const imagePart = (type: string, file: Buffer): object => ({
  type: 'image_url',
  image_url: { url: `data:image/${type};base64,${file.toString('base64')}` },
});
const audioPart = (format: string, file: Buffer): object => ({
  type: 'input_audio',
  input_audio: { data: file.toString('base64'), format },
});
const pdfPart = (file: Buffer): object => ({
  type: 'file',
  file: { filename: 'document.pdf', file_data: `data:application/pdf;base64,${file.toString('base64')}` },
});
const dataUrl = (file: Buffer, type: string): string => `data:${type};base64,${file.toString('base64')}`;

const PAYLOAD: AttachmentRow = { value: 'picture', type: 'msg' };

describe('attachments', () => {
  let server: RawServer;
  let flow: ChatFlow;

  beforeEach(async () => {
    server = await startRawServer((response) => sendJson(response, completion('A hall.')));
  });

  afterEach(async () => {
    await flow.stop();
    await server.close();
  });

  async function start(chat: Partial<ChatSettings> = {}, options: Partial<FlowOptions> = {}): Promise<void> {
    flow = await startChatFlow({
      config: { baseUrl: server.url },
      chat: { attachments: [PAYLOAD], ...chat },
      ...options,
    });
  }

  /** The messages of the request that one message into the node makes. */
  async function messagesFor(message: Message, chat: Partial<ChatSettings> = {}): Promise<Message[]> {
    await start(chat);
    flow.input({ payload: 'What is it?', ...message });
    await flow.ended(1);
    assert.deepEqual(
      flow.caught.items.map(({ error }) => error.message),
      [],
    );
    return server.requests.items[0]?.body.messages;
  }

  /** The parts that an attachment comes to. */
  async function partsOf(picture: unknown): Promise<Message[]> {
    const [{ role, content }] = await messagesFor({ picture });
    assert.equal(role, 'user');
    assert.deepEqual(content[0], { type: 'text', text: 'What is it?' });
    return content.slice(1);
  }

  describe('kinds', () => {
    for (const [name, file, part] of [
      ['png', FILES.png, imagePart('png', FILES.png)],
      ['jpeg', FILES.jpeg, imagePart('jpeg', FILES.jpeg)],
      ['gif (87a)', FILES.gif87, imagePart('gif', FILES.gif87)],
      ['gif (89a)', FILES.gif89, imagePart('gif', FILES.gif89)],
      ['webp', FILES.webp, imagePart('webp', FILES.webp)],
      ['wav', FILES.wav, audioPart('wav', FILES.wav)],
      ['mp3', FILES.mp3, audioPart('mp3', FILES.mp3)],
      ['mp3 with a tag', FILES.mp3Tagged, audioPart('mp3', FILES.mp3Tagged)],
      ['pdf', FILES.pdf, pdfPart(FILES.pdf)],
    ] as const) {
      it(`should be told by the bytes: ${name}`, async () => {
        assert.deepEqual(await partsOf(file), [part]);
      });

      it(`should be told by the bytes, whatever a data URL says: ${name}`, async () => {
        assert.deepEqual(await partsOf(dataUrl(file, 'text/plain')), [part]);
      });
    }

    for (const [what, before] of [
      ['a byte order mark', '\ufeff'],
      ['a line feed', '\r\n'],
      ["a mail's headers", 'Content-Type: application/pdf\r\n\r\n'],
      ['as much as there may be', ' '.repeat(1024 - '%PDF-'.length)],
    ] as const) {
      it(`should be pdf with ${what} before its header`, async () => {
        const file = Buffer.concat([Buffer.from(before), FILES.pdf]);
        assert.deepEqual(await partsOf(file), [pdfPart(file)]);
      });
    }
  });

  describe('forms', () => {
    const png = imagePart('png', FILES.png);
    const url = 'https://plant.example/camera.jpg?t=1';
    const urlPart = { type: 'image_url', image_url: { url } };
    // In base64 it has `/` and `=`.
    const odd = Buffer.concat([FILES.png, Buffer.from([0xfb, 0xef, 0xff, 0xff])]);

    for (const [what, picture, parts] of [
      ['bytes that are no Buffer', new Uint8Array(FILES.png), [png]],
      ['an ArrayBuffer', new Uint8Array(FILES.png).buffer, [png]],
      ['a DataView', new DataView(new Uint8Array([0, ...FILES.png]).buffer, 1), [png]],
      ['an address that is a URL', new URL(url), [urlPart]],
      ['a Set', new Set([FILES.png, url]), [png, urlPart]],
      ['an array of ArrayBuffers', [new Uint8Array(FILES.png).buffer, new ArrayBuffer(0)], [png]],
      ['a Buffer that is a part of another', Buffer.concat([Buffer.alloc(9), FILES.png]).subarray(9), [png]],
      [
        'a Buffer that went through JSON, as file stores keep it',
        JSON.parse(JSON.stringify(FILES.png)),
        [png],
      ],
      ['a data URL with white space around it', ` ${dataUrl(FILES.png, 'image/png')}\n`, [png]],
      [
        'a data URL in capitals, with parameters',
        dataUrl(FILES.png, 'IMAGE/PNG;name=a.png').replace('data', 'DATA'),
        [png],
      ],
      [
        'a data URL that is not base64',
        `data:,${encodeURIComponent('%PDF-1.7')}`,
        [pdfPart(Buffer.from('%PDF-1.7'))],
      ],
      [
        'a data URL of escaped base64',
        `data:image/png;base64,${encodeURIComponent(odd.toString('base64'))}`,
        [imagePart('png', odd)],
      ],
      [
        'an address of http',
        'http://camera.local/now',
        [{ type: 'image_url', image_url: { url: 'http://camera.local/now' } }],
      ],
      ['an address of https', url, [urlPart]],
      [
        'an address of a document',
        'https://plant.example/Manual.PDF#page=2',
        [{ type: 'file', file: { file_url: 'https://plant.example/Manual.PDF#page=2' } }],
      ],
      ['an array', [FILES.png, url, FILES.pdf], [png, urlPart, pdfPart(FILES.pdf)]],
      ['arrays in arrays', [[FILES.png], [[url]]], [png, urlPart]],
      ['an array with gaps', [null, FILES.png, undefined, '', Buffer.alloc(0)], [png]],
    ] as [string, unknown, object[]][]) {
      it(`should be taken: ${what}`, async () => {
        assert.deepEqual(await partsOf(picture), parts);
      });
    }

    for (const [what, picture] of [
      ['undefined', undefined],
      ['null', null],
      ['an empty text', ''],
      ['white space', ' \n'],
      ['an empty Buffer', Buffer.alloc(0)],
      ['an empty ArrayBuffer', new ArrayBuffer(0)],
      ['an empty data URL', 'data:image/png;base64,'],
      ['an empty array', []],
    ] as const) {
      it(`should be skipped: ${what}`, async () => {
        assert.deepEqual(await messagesFor({ picture }), [{ role: 'user', content: 'What is it?' }]);
      });
    }

    it('should be skipped when a parent of the property is missing', async () => {
      assert.deepEqual(
        await messagesFor({}, { attachments: [{ value: 'camera.last.picture', type: 'msg' }] }),
        [{ role: 'user', content: 'What is it?' }],
      );
    });

    it('should come from every kind of typed value, in the order of the rows', async () => {
      const rows: AttachmentRow[] = [
        { value: 'http://camera.local/now', type: 'str' },
        { value: 'camera.last', type: 'flow' },
        { value: 'pictures', type: 'global' },
        { value: '', type: 'msg' },
        { value: '[picture, picture]', type: 'jsonata' },
        { value: 'picture', type: 'msg' },
      ];
      await start({ attachments: rows });
      const context = flow.node('chat').context();
      context.flow.set('camera.last', FILES.jpeg);
      context.global.set('pictures', [FILES.gif89, FILES.webp]);
      flow.input({ payload: 'What is it?', picture: FILES.png });
      await flow.ended(1);
      assert.deepEqual(server.requests.items[0]?.body.messages[0].content.slice(1), [
        { type: 'image_url', image_url: { url: 'http://camera.local/now' } },
        imagePart('jpeg', FILES.jpeg),
        imagePart('gif', FILES.gif89),
        imagePart('webp', FILES.webp),
        png,
        png,
        png,
      ]);
    });

    it('should be taken from a function node, which has a Uint8Array of its own', async () => {
      await start(
        {},
        {
          nodes: [
            {
              id: 'camera',
              z: 'tab',
              type: 'function',
              func: 'const own = Uint8Array.from(msg.bytes); msg.picture = [own, own.buffer, Buffer.from(own)]; return msg;',
              wires: [['chat']],
            },
          ],
        },
      );
      flow.node('camera').receive({ payload: 'What is it?', bytes: [...FILES.png] });
      await flow.ended(1);
      assert.deepEqual(server.requests.items[0]?.body.messages[0].content.slice(1), [png, png, png]);
    });

    it('should leave the incoming message as it was', async () => {
      await messagesFor({ picture: FILES.png });
      assert.ok(flow.outputs.items[0].picture.equals(FILES.png));
      assert.equal(flow.outputs.items[0].payload, 'A hall.');
    });
  });

  describe('what can not be attached', () => {
    for (const [what, picture, words] of [
      ['a text', 'front door', [/msg\.picture/, /“front door”/]],
      ['base64 without its beginning', FILES.png.toString('base64'), [/“iVBOR/, /data URL/]],
      ['another kind of address', 'ftp://camera.local/now', [/“ftp:\/\/camera/]],
      ['an address that is none', 'http://', [/“http:\/\/”/]],
      ['a number', 5, [/number/]],
      ['a boolean', false, [/boolean/]],
      ['an object', { url: 'http://camera.local' }, [/object/]],
      ['a Date', new Date(0), [/object/]],
      ['an object in an array', [FILES.png, {}], [/object/]],
      ['bytes of no known kind', Buffer.from('hello there'), [/11 bytes/, /68656c6c6f207468/, /PNG, JPEG/]],
      ['a data URL of no known kind', 'data:image/png;base64,aGVsbG8=', [/5 bytes/]],
      ['text of html', Buffer.from('<html>not found</html>'), [/22 bytes/]],
      ['a header of a pdf further on', Buffer.from(`${' '.repeat(1020)}%PDF-1.7`), [/1028 bytes/]],
      ['a list of numbers', new Float32Array([1]), [/object/]],
      ['a mp4 film', bytes('\0\0\0\x20ftypisom'), [/64 bytes/]],
      ['sound of aac', bytes([0xff, 0xf1, 0x50, 0x80]), [/64 bytes/]],
      ['a RIFF of another kind', riff('AVI '), [/64 bytes/]],
    ] as [string, unknown, RegExp[]][]) {
      it(`should be refused before anything is sent: ${what}`, async () => {
        await start();
        flow.input({ payload: 'What is it?', picture });
        await flow.ended(1);
        const [{ error }] = flow.caught.items;
        assert.equal(error.code, 'attachment');
        for (const expected of [/msg\.picture/, ...words]) assert.match(error.message, expected);
        assert.ok(error.message.length <= 300);
        assert.deepEqual(server.requests.items, []);
        flow.input({ payload: 'What is it?', picture: FILES.png });
        await flow.outputs.count(1);
      });
    }

    it('should be refused: an expression that fails', async () => {
      await start({ attachments: [{ value: '$number("x")', type: 'jsonata' }] });
      flow.input({ payload: 'What is it?' });
      await flow.ended(1);
      assert.equal(flow.caught.items[0].error.code, 'attachment');
      assert.match(flow.caught.items[0].error.message, /jsonata “\$number\("x"\)”/);
    });

    it('should be refused: an array that holds itself', async () => {
      await start();
      const picture: unknown[] = [FILES.png];
      picture.push(picture);
      flow.input({ payload: 'What is it?', picture });
      await flow.ended(1);
      assert.equal(flow.caught.items[0].error.code, 'attachment');
      assert.match(flow.caught.items[0].error.message, /msg “picture”/);
    });
  });

  describe('place', () => {
    const png = imagePart('png', FILES.png);
    const row = (
      role: MessageRow['role'],
      content: string,
      type: MessageRow['type'] = 'mustache',
    ): MessageRow => ({
      role,
      type,
      content,
    });
    const HISTORY = [
      { role: 'user', content: 'Before?' },
      { role: 'assistant', content: 'Yes.' },
    ];

    it('should be the last user row', async () => {
      const messages = [
        row('system', 'Be brief.'),
        row('user', 'Example?'),
        row('assistant', 'Yes.'),
        USER_ROW,
      ];
      assert.deepEqual(await messagesFor({ picture: FILES.png }, { messages }), [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Example?' },
        { role: 'assistant', content: 'Yes.' },
        { role: 'user', content: [{ type: 'text', text: 'What is it?' }, png] },
      ]);
    });

    it('should be the last user row, also with a history or an assistant row after it', async () => {
      const messages = [USER_ROW, row('history', 'history', 'msg'), row('assistant', 'It is')];
      assert.deepEqual(await messagesFor({ picture: FILES.png, history: HISTORY }, { messages }), [
        { role: 'user', content: [{ type: 'text', text: 'What is it?' }, png] },
        ...HISTORY,
        { role: 'assistant', content: 'It is' },
      ]);
    });

    it('should be the last user row, also when that is empty', async () => {
      const messages = [row('history', 'history', 'msg'), USER_ROW];
      assert.deepEqual(
        await messagesFor({ payload: '', picture: FILES.png, history: HISTORY }, { messages }),
        [...HISTORY, { role: 'user', content: [png] }],
      );
    });

    it('should be a message of its own when there is no user row', async () => {
      const messages = [row('system', 'Describe the picture.')];
      assert.deepEqual(await messagesFor({ picture: FILES.png }, { messages }), [
        { role: 'system', content: 'Describe the picture.' },
        { role: 'user', content: [png] },
      ]);
    });

    it('should be the last message of a user in the history when there is no user row', async () => {
      const messages = [row('history', 'history', 'msg')];
      const history = [...HISTORY, { role: 'user', content: [{ type: 'text', text: 'And this?' }] }];
      assert.deepEqual(await messagesFor({ picture: FILES.png, history }, { messages }), [
        ...HISTORY,
        { role: 'user', content: [{ type: 'text', text: 'And this?' }, png] },
      ]);
      assert.equal(history[2]?.content.length, 1, 'the array in the flow is not changed');
    });
  });

  describe('size', () => {
    const warned = (): string[] => flow.log().match(/The request is about [\d.]+ MB[^"]*/g) ?? [];
    const isLarge = ({ text }: Message): boolean => /status\.asking_large$/.test(text ?? '');
    const picture = (size: number): Buffer => bytes([0xff, 0xd8, 0xff], size);

    it('should be told in status and log when the service may not take the request, and be sent all the same', async () => {
      let release: (() => void) | undefined;
      server.answer((response) => {
        release = () => sendJson(response, completion('A hall.'));
      });
      await start();
      flow.input({ payload: 'What is it?', picture: picture(1_500_000) });
      await server.requests.count(1);
      await flow.statuses.until((all) => all.some(isLarge));
      assert.equal(flow.statuses.items.find(isLarge)?.fill, 'yellow');
      release?.();
      await flow.ended(1);
      assert.equal(flow.outputs.items[0].payload, 'A hall.');
      assert.deepEqual(warned(), [
        'The request is about 2.0 MB. The service takes requests up to about 2 MB.',
      ]);
      await flow.statuses.until((all) => all.at(-1)?.fill === 'grey');
    });

    it('should not be told of a request of ordinary size', async () => {
      await start();
      flow.input({ payload: 'What is it?', picture: picture(1_000_000) });
      await flow.ended(1);
      assert.deepEqual(warned(), []);
      assert.ok(!flow.statuses.items.some(isLarge));
    });

    it('should count the bytes of text, not its characters', async () => {
      await start();
      flow.input({ payload: '温'.repeat(700_000) });
      await flow.ended(1);
      assert.deepEqual(warned(), [
        'The request is about 2.1 MB. The service takes requests up to about 2 MB.',
      ]);
    });

    it('should count all that is sent: text, attachments, history', async () => {
      const half = 'x'.repeat(700_000);
      await start({ messages: [{ role: 'history', type: 'msg', content: 'history' }, USER_ROW] });
      flow.input({
        payload: half,
        picture: picture(300_000),
        history: [{ role: 'user', content: [{ type: 'text', text: half }] }],
      });
      await flow.ended(1);
      assert.deepEqual(warned(), []);
      flow.input({ payload: half, picture: picture(500_000), history: [{ role: 'user', content: half }] });
      await flow.ended(2);
      assert.deepEqual(warned(), [
        'The request is about 2.1 MB. The service takes requests up to about 2 MB.',
      ]);
    });

    it('should say what to do when the service refuses it', async () => {
      server.answer((response) => sendJson(response, { error: { message: 'Payload too large.' } }, 413));
      await start();
      flow.input({ payload: 'What is it?', picture: picture(3_000_000) });
      await flow.ended(1);
      const [{ error, statusCode }] = flow.caught.items;
      assert.equal(error.code, 'bad_request');
      assert.equal(statusCode, 413);
      assert.match(error.message, /413.*Payload too large/);
    });
  });
});
