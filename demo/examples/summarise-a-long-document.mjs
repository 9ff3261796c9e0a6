import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** Names the headings of a part: the stand-in can't sum it up. */
function sumUpPart(prompt) {
  const headings = [...prompt.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading);
  return headings.length > 0 ? `About ${headings.join(', ')}.` : 'More about the same.';
}

function sumUp(_prompt, messages) {
  const summaries = messages.at(-1).content.split('\n\n');
  return ['# The README in short', '', ...summaries.map((summary) => `- ${summary}`)].join('\n');
}

export default {
  example: 'Summarise a long document',
  answers: [
    { when: /summarise a part of a longer document/, answer: sumUpPart },
    { when: /summaries of the parts of one document/, answer: sumUp },
  ],
  // A long document that everybody has who runs the demo.
  files: { 'document.txt': () => readFileSync(resolve(import.meta.dirname, '../../README.md')) },
};
