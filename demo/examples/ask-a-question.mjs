export default {
  example: 'Ask a question',
  answers: [
    {
      when: /retained message.*Answer in German/s,
      answer: 'Die letzte Nachricht eines Topics, die der Broker für neue Abonnenten aufhebt.',
    },
    {
      when: /retained message/,
      answer: 'The last message of a topic, which the broker keeps for new subscribers.',
    },
  ],
};
