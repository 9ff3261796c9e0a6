import assert from 'node:assert/strict';
import { oneLine, plainWords } from '../../../nodes/lib/common/plain-words.ts';

describe('plainWords', () => {
  for (const [what, text, words] of [
    ['text as it is', 'The model is not known.', 'The model is not known.'],
    ['nothing as nothing', '', ''],
    ['white space and control characters as one space', ' a \n\t b\u0000\u001b[31mc\u007f ', 'a b [31mc'],
    ['the text of a page', '<h1>502 Bad Gateway</h1><hr>nginx', '502 Bad Gateway nginx'],
    [
      'no scripts, styles and heads',
      '<!DOCTYPE html><html><head><title>t</title><style>a{}</style></head><script>x = "<b>"</script>Sorry</html>',
      'Sorry',
    ],
    ['a page that was cut off in a tag', 'Not here <a href="https://exam', 'Not here'],
    ['a page that was cut off in a script', 'Not here <script>let x', 'Not here'],
    [
      'entities as their characters',
      'a &lt; b &amp;&amp; c &gt; &quot;d&quot; &#39;e&#39;&nbsp;f',
      'a < b && c > "d" \'e\' f',
    ],
    ['entities once only', '&amp;lt;b&amp;gt;', '&lt;b&gt;'],
    ['no markup where a page shows some', '<pre>&lt;b&gt;x&lt;/b&gt; &lt; 5</pre>', '&lt;b>x&lt;/b> < 5'],
    ['signs that are no markup', 'must be < 5, <= 6 and > 3 <3', 'must be < 5, <= 6 and > 3 <3'],
    ['placeholders of catalogues', '__name__ $t(x) {{x}}', '__name__ $t(x) {{x}}'],
  ] as const) {
    it(`should give ${what}`, () => {
      assert.equal(plainWords(text, 300), words);
    });
  }

  it('should keep to the limit, with an ellipsis where it cuts', () => {
    assert.equal(plainWords('12345', 5), '12345');
    assert.equal(plainWords('123456', 5), '1234…');
    assert.equal(plainWords('123 456', 5), '123…');
    assert.equal(plainWords(`<p>${'x'.repeat(1000)}`, 300).length, 300);
  });

  it('should never cut a character in half', () => {
    for (let limit = 2; limit < 20; limit++) {
      const words = plainWords(`a${'🦕'.repeat(20)}`, limit);
      assert.ok(words.isWellFormed(), `at ${limit}: ${JSON.stringify(words)}`);
      assert.ok(words.length <= limit);
    }
  });

  it('should be quick with megabytes of anything', () => {
    for (const text of ['<', '<a', '<!--', '<script>', '&amp;', ' ', '</script ', '🦕', '<a>']) {
      const started = performance.now();
      plainWords(text.repeat(3_000_000 / text.length), 300);
      assert.ok(performance.now() - started < 1000, `${JSON.stringify(text)} took too long`);
    }
  });
});

describe('oneLine', () => {
  it('should leave alone what looks like markup', () => {
    assert.equal(oneLine('payload<limit and\n<b>', 300), 'payload<limit and <b>');
  });

  it('should keep to the limit', () => {
    assert.equal(oneLine('123456', 5), '1234…');
  });
});
