export default {
  example: 'Go on when the internet is down',
  answers: [
    {
      when: /night watch of a cold store/,
      model: /^no-such-model$/,
      answer: {
        error: { message: 'The model no-such-model does not exist.', code: 'model_not_found' },
        status: 404,
      },
    },
    {
      when: /night watch of a cold store/,
      model: /^llama/,
      answer: 'Close the door and check its seal. If it is still too warm in an hour, call the technician.',
    },
    {
      when: /night watch of a cold store/,
      answer:
        'Check first that the door is closed and its seal clean. Then see whether the fan turns and the coils are free of ice.',
    },
  ],
};
