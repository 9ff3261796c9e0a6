/** Five of them reach the limit of the example, 20,000 tokens a day. */
const USAGE = { prompt_tokens: 40, completion_tokens: 4160, total_tokens: 4200 };

export default {
  example: 'Show what the model costs',
  answers: [
    {
      when: /A tale of/,
      answer: {
        content: 'The keeper of the lighthouse wrote down every ship. One night he wrote down his own.',
        usage: USAGE,
      },
    },
  ],
};
