export default {
  example: 'Tell failures apart',
  answers: [{ when: /can you hear me/, answer: 'Loud and clear.' }],
};
