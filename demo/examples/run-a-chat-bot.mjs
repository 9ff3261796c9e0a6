/** Knows nothing but what was said before in the same chat. */
function chat(_prompt, messages) {
  const said = messages.filter(({ role }) => role === 'user').map(({ content }) => content);
  const name = said.map((text) => /^I am (\w+)/.exec(text)?.[1]).findLast(Boolean);
  if (/^I am/.test(said.at(-1))) return `Nice to meet you, ${name}!`;
  return name ? `You are ${name}.` : 'You have not told me your name yet.';
}

export default {
  example: 'Run a chat bot',
  answers: [{ when: /friendly bot in a chat/, answer: chat }],
  elsewhere: [
    {
      address: 'http://127.0.0.1:8081/sendMessage',
      type: 'application/json',
      content: () => '{"ok":true}',
    },
  ],
};
