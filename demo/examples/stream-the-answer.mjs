// Short sentences: the debug sidebar shows 80 characters of a text, and each is a message.
const STORY = [
  'Once upon a time, in a valley full of ferns, there lived a small dinosaur.',
  'She was as blue as the evening sky, and her name was Indigo.',
  'All the other dinosaurs were green or brown, and very good at hiding.',
  'Indigo was not.',
  'In every game of hide-and-seek she was the first to be found.',
  'One day a thick fog rolled in, and nobody could see the way home.',
  'The green ones bumped into trees.',
  'The brown ones sat down in puddles.',
  'Then they saw something blue.',
  'It was Indigo, shining through the grey like a little lantern.',
  'She walked ahead, and tail by tail they followed her to their front doors.',
  'From that day on, whenever they played hide-and-seek, Indigo did the seeking.',
].join(' ');

export default {
  example: 'Stream the answer',
  answers: [{ when: /blue dinosaur/i, answer: STORY }],
};
