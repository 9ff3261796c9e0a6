import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export default {
  example: 'Describe a camera picture',
  answers: [
    {
      when: /camera at a front door/,
      answer: 'A parcel lies in front of a green door, and nobody is waiting.',
    },
  ],
  elsewhere: [
    {
      address: 'http://127.0.0.1:8080/snapshot.jpg',
      type: 'image/jpeg',
      content: () => readFileSync(join(import.meta.dirname, 'front-door.jpg')),
    },
  ],
};
