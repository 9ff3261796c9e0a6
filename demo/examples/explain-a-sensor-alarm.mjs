function explain(prompt) {
  const { machine, value, unit, limit } = JSON.parse(prompt.slice(prompt.indexOf('{')));
  return `The vibration of ${machine} is at ${value} ${unit}, over its limit of ${limit} ${unit}, and it has been rising for an hour. Together with a warm bearing that points to a bearing that is wearing out. Check the bearing and its lubrication first, and be ready to switch to the spare pump.`;
}

export default {
  example: 'Explain a sensor alarm',
  answers: [{ when: /vibration alarm/, answer: explain }],
};
