import { call, readTools } from '../tool-calls.mjs';

function lookAfterDoors(_prompt, messages) {
  const [result] = readTools(messages).results;
  if (result === undefined) return [call('open_door', { door: 'front', minutes: 2 })];
  const refusal = /^Error: (.*)$/.exec(result)?.[1];
  return refusal ? `I did not open the door. ${refusal}` : `${result} The courier can come in.`;
}

export default {
  example: 'Ask before it acts',
  answers: [{ when: /doors of a house/, answer: lookAfterDoors }],
};
