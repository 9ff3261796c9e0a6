/** Knows nothing but what was said before in the same conversation. */
function talk(_prompt, messages) {
  const said = messages.filter(({ role }) => role === 'user').map(({ content }) => content);
  const name = said.map((text) => /^My name is (\w+)/.exec(text)?.[1]).findLast(Boolean);
  if (/^My name/.test(said.at(-1))) return `Hello, ${name}!`;
  return name ? `Your name is ${name}.` : 'You have not told me your name yet.';
}

export default {
  example: 'Share the work over MQTT',
  program: 'mosquitto',
  answers: [{ when: /My name is Anna|What is my name/, answer: talk }],
};
