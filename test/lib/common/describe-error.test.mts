import assert from 'node:assert/strict';
import { describeError } from '../../../nodes/lib/common/describe-error.ts';
import { ChatError, wordsOf } from '../../../nodes/lib/common/errors.ts';

const untranslated = (key: string): string => key;

function describeWith(text: string, ...error: ConstructorParameters<typeof ChatError>): string {
  return describeError(new ChatError(...error), () => text).message;
}

describe('describeError', () => {
  it('should give an error with a sentence, an own code and a plain cause', () => {
    const cause = { status: 401, code: 'invalid_api_key', attempts: 1 };
    const error = describeError(
      new ChatError('auth', { status: 401, words: 'no such key' }, { cause }),
      untranslated,
    );
    assert.ok(error instanceof Error);
    assert.equal(
      error.message,
      'Access denied (401). Check the token in the config node. The service says: no such key',
    );
    assert.deepEqual(Object.keys(error).sort(), ['cause', 'code']);
    for (const property of ['message', 'code', 'stack', 'cause'])
      assert.ok(Object.hasOwn(error, property), property);
    assert.equal(error.code, 'auth');
    assert.deepEqual(error.cause, cause);
    assert.equal(Object.getPrototypeOf(error.cause), Object.prototype);
    assert.doesNotThrow(() => structuredClone(error.cause));
  });

  it('should read as its sentence alone, and say more in a line of the log', () => {
    const cause = {
      status: 429,
      type: 'x',
      code: 'slow_down',
      request_id: 'req_1',
      attempts: 3,
      text: 'Once',
    };
    const error = describeError(new ChatError('schema', { words: 'x' }, { cause }), untranslated);
    assert.equal(error.toString(), error.message);
    assert.equal(error.stack, error.message);
    assert.equal(error.name, '');
    assert.equal(String(error.cause), 'status 429, code slow_down, request req_1, attempts 3');
    // As Node-RED's console logger puts it into a line.
    assert.equal(
      `[error] ${error}`,
      `[error] ${error.message} (schema, status 429, code slow_down, request req_1, attempts 3)`,
    );
    assert.equal(JSON.stringify(error.cause), JSON.stringify(cause));
  });

  it('should say less where less is known', () => {
    const error = describeError(new ChatError('queue_full', { limit: 7 }), untranslated);
    assert.equal(String(error.cause), '');
    assert.equal(`${error}`, `${error.message} (queue_full)`);
  });

  it('should take the sentence from the catalogue of the language', () => {
    const keys: string[] = [];
    const error = describeError(new ChatError('queue_full', { limit: 7 }), (key) => {
      keys.push(key);
      return '__limit__ Nachrichten warten bereits.';
    });
    assert.deepEqual(keys, ['vivgrid-chat.errors.queue_full']);
    assert.equal(error.message, '7 Nachrichten warten bereits.');
  });

  it('should speak English where the catalogue has no text', () => {
    const error = new ChatError('queue_full', { limit: 7 });
    for (const translate of [untranslated, () => undefined, () => '']) {
      assert.match(describeError(error, translate).message, /^The queue is full: 7 messages are waiting/);
    }
  });

  it('should put the values in once, whatever they look like', () => {
    const words = '__status__ $t(status) {{status}} __words__ $& $1 \\';
    assert.equal(
      describeWith('a __words__ b __status__ c __other__', 'server', { words, status: 500 }),
      `a ${words} b 500 c __other__`,
    );
  });

  it('should take markup out of the words of a server', () => {
    const words = '<html><head><title>x</title></head><body><h1>502</h1>\n<p>Bad gateway</p></body></html>';
    assert.equal(describeWith('Failed: __words__', 'server', { words }), 'Failed: 502 Bad gateway');
  });

  it('should leave alone what the author of a flow wrote', () => {
    assert.equal(
      describeWith('__value__: __words__', 'parameter_value', {
        value: 'payload<limit',
        words: 'expected <b',
      }),
      'payload<limit: expected <b',
    );
  });

  it('should keep the advice after words that are too long', () => {
    const message = describeWith('Refused: __words__. Check the token.', 'auth', {
      words: 'very long '.repeat(100),
    });
    assert.ok(message.length <= 300, `${message.length}`);
    assert.ok(message.length > 280, `${message.length}`);
    assert.match(message, /^Refused: very long .*… Check the token\.$/);
  });

  it('should keep the reason after a value that is too long', () => {
    const message = describeWith('From “__value__”: __words__', 'parameter_value', {
      value: `$sum(${'payload.a + '.repeat(100)})`,
      words: 'Expected ")", got end of expression',
    });
    assert.match(message, /^From “\$sum\(.*…”: Expected "\)", got end of expression$/);
  });

  it('should never be longer than 300 characters, nor end in half of one', () => {
    const words = '🦕'.repeat(500);
    for (const text of [
      '__words__',
      'a__words__',
      `${'x'.repeat(290)}__words__`,
      `${'x'.repeat(400)}__words__`,
    ]) {
      const message = describeWith(text, 'server', { words });
      assert.ok(message.length <= 300, `${message.length}`);
      assert.ok(message.isWellFormed());
    }
  });

  it('should end a sentence once, and leave out a status that there is not', () => {
    assert.equal(
      describeWith('It failed (__status__): __words__. Wait.', 'server', { words: 'Busy.', status: '' }),
      'It failed: Busy. Wait.',
    );
    assert.equal(
      describeWith('It failed (__status__): __words__. Wait.', 'server', { words: 'busy', status: 503 }),
      'It failed (503): busy. Wait.',
    );
  });
});

describe('wordsOf', () => {
  it('should give the words of whatever was thrown', () => {
    assert.equal(wordsOf(new TypeError('x is not a function')), 'x is not a function');
    assert.equal(wordsOf('text'), 'text');
    assert.equal(wordsOf(undefined), 'undefined');
    // As jsonata throws them.
    assert.equal(wordsOf({ code: 'S0201', position: 3, message: 'Syntax error' }), 'Syntax error');
  });
});
