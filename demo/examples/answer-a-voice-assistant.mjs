export default {
  example: 'Answer a voice assistant',
  answers: [
    {
      when: /sky blue/,
      answer:
        'Sunlight holds all colours. The air scatters blue light far more than red. So blue comes to your eye from every part of the sky.',
    },
    {
      when: /boil an egg/,
      answer:
        'Put it into boiling water. Six minutes make it soft, ten minutes make it hard. Then hold it under cold water.',
    },
  ],
};
