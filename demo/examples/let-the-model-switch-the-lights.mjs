import { call, readTools } from '../tool-calls.mjs';

function lookAfterLights(_prompt, messages) {
  const { question, results } = readTools(messages);
  const problem = results.find((result) => result.startsWith('Error: '));
  if (problem) return `That did not work. ${problem}`;
  if (/which|what/i.test(question)) {
    return results.length === 0 ? [call('list_lights', {})] : describeLights(results[0]);
  }
  if (/\boff\b/.test(question)) {
    const rooms = ['hall', 'kitchen', 'living_room'];
    return results.length === 0
      ? rooms.map((room) => call('switch_light', { room, on: false }))
      : 'All lights are off. Good night!';
  }
  return results.length === 0
    ? [
        call('switch_light', { room: 'hall', on: true }),
        call('dim_light', { room: 'living_room', level: 30 }),
      ]
    : 'The light in the hall is on, and the living room is dimmed to 30 percent.';
}

function describeLights(result) {
  if (!result.startsWith('{')) return result;
  const on = Object.entries(JSON.parse(result)).filter(([, { on }]) => on);
  if (on.length === 0) return 'All lights are off.';
  const names = on.map(([room, { level }]) => `${room.replace('_', ' ')} (${level} percent)`);
  return `These lights are on: ${names.join(', ')}.`;
}

export default {
  example: 'Let the model switch the lights',
  answers: [{ when: /lights of a house/, answer: lookAfterLights }],
};
