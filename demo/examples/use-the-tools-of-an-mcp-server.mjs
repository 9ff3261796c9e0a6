import { call, readTools } from '../tool-calls.mjs';

function lookAfterHeating(_prompt, messages) {
  const { question, results } = readTools(messages);
  const [result] = results;
  if (result === undefined) {
    return /bath/.test(question)
      ? [call('set_temperature', { room: 'bath', target: 23 })]
      : [call('read_temperatures', {})];
  }
  if (!result.startsWith('{')) return `Done. ${result}`;
  const rooms = Object.entries(JSON.parse(result)).map(
    ([room, { now }]) => `${room.replace('_', ' ')} ${now} °C`,
  );
  return `It is this warm: ${rooms.join(', ')}.`;
}

export default {
  example: 'Use the tools of an MCP server',
  answers: [{ when: /heating of a house/, answer: lookAfterHeating }],
};
