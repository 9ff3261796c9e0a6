import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const PICTURE = readFileSync(join(import.meta.dirname, 'lighthouse.png'));

export default {
  example: 'Draw a picture',
  answers: [
    { when: /Draw a lighthouse/, answer: `data:image/png;base64,${PICTURE.toString('base64')}` },
    { when: /Describe a lighthouse/, answer: 'A striped tower sends its light over a dark sea.' },
  ],
};
