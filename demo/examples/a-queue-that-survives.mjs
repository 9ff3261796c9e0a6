// What it asks is what other examples ask.
export default {
  example: 'A queue that survives',
  program: 'redis-server',
  answers: [],
};
