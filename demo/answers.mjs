// What the stand-in answers: one text for each example, and one for everything else. The first that fits wins.
import { askAboutOrders, lookAfterLights } from './tool-answers.mjs';

const STORY = `Once upon a time, in a valley full of ferns, there lived a small dinosaur who was as blue as the evening sky. Her name was Indigo. All the other dinosaurs were green or brown, and they were very good at hiding. Indigo was not. In every game of hide-and-seek she was the first to be found.

One day a thick fog rolled into the valley, and nobody could see the way home. The green ones bumped into trees. The brown ones sat down in puddles. Then somebody called out: "Look! Something blue!"

It was Indigo, shining through the grey like a little lantern. She walked ahead, and they all followed her, tail by tail, right to their own front doors.

From that day on, whenever they played hide-and-seek, Indigo did the seeking.`;

const RETAINED = `A retained message is the last message on a topic that the broker keeps and hands to every new subscriber at once. Use it for states, such as whether a lamp is on or how warm a room is, so that a dashboard that connects later does not have to wait for the next change. Do not use it for events, such as a button that was pressed, because they would happen again for each new subscriber. To delete one, publish an empty retained message on the same topic.`;

const RETAINED_IN_GERMAN = `Eine gespeicherte Nachricht (retained message) ist die letzte Nachricht zu einem Topic, die der Broker aufhebt und jedem neuen Abonnenten sofort zustellt. Sie eignet sich für Zustände, etwa ob eine Lampe brennt oder wie warm ein Zimmer ist, damit eine später gestartete Anzeige nicht auf die nächste Änderung warten muss. Für Ereignisse wie einen Tastendruck eignet sie sich nicht, denn die würden für jeden neuen Abonnenten noch einmal geschehen. Gelöscht wird sie mit einer leeren gespeicherten Nachricht zum selben Topic.`;

const OTHERWISE = `This is the stand-in that comes with the demo. It is no model: it knows the examples and nothing else. Set VIVGRID_API_KEY and start again to get real answers.`;

const SKY = `Sunlight holds all colours. The air scatters blue light far more than red, so blue comes to your eye from every part of the sky.`;

const EGG = `Put it into boiling water. Six minutes make it soft, ten minutes make it hard. Then hold it under cold water.`;

const BOILER_READINGS = JSON.stringify({
  readings: [
    { device: 'Boiler 2', quantity: 'temperature', value: 74.5, unit: '°C' },
    { device: 'Boiler 2', quantity: 'pressure', value: 1.8, unit: 'bar' },
    { device: 'Pump in the cellar', quantity: 'power', value: 340, unit: 'W' },
  ],
});

const LOGGER_READINGS = JSON.stringify({
  readings: [
    { device: 'GH3', quantity: 'temperature', value: 21.4, unit: '°C' },
    { device: 'GH3', quantity: 'relative humidity', value: 63, unit: '%' },
    { device: 'GH3', quantity: 'CO2 concentration', value: 812, unit: 'ppm' },
  ],
});

/** The stand-in can't sum up a feed that it has not seen, so it lists what the prompt holds. */
function briefing(prompt) {
  const entries = [...prompt.matchAll(/^- (.+) \((https?:\S+)\)$/gm)].slice(0, 5);
  if (entries.length === 0) return 'The feed has no entries today.';
  return ['The newest in the feed:', '', ...entries.map(([, title, link]) => `- [${title}](${link})`)].join(
    '\n',
  );
}

function alarm(prompt) {
  const { machine, value, unit, limit } = JSON.parse(prompt.slice(prompt.indexOf('{')));
  return `The vibration of ${machine} is at ${value} ${unit}, over its limit of ${limit} ${unit}, and it has been rising for an hour. Together with a warm bearing that points to a bearing that is wearing out. Check the bearing and its lubrication first, and be ready to switch to the spare pump.`;
}

export const ANSWERS = [
  { when: (prompt) => /blue dinosaur/i.test(prompt), answer: () => STORY },
  {
    when: (prompt) => /retained message/.test(prompt) && /in German/.test(prompt),
    answer: () => RETAINED_IN_GERMAN,
  },
  { when: (prompt) => /retained message/.test(prompt), answer: () => RETAINED },
  { when: (prompt) => /morning briefing/.test(prompt), answer: briefing },
  { when: (prompt) => /vibration alarm/.test(prompt), answer: alarm },
  { when: (prompt) => /sky blue/.test(prompt), answer: () => SKY },
  { when: (prompt) => /boil an egg/.test(prompt), answer: () => EGG },
  { when: (prompt) => /boiler room|Boiler 2/.test(prompt), answer: () => BOILER_READINGS },
  { when: (prompt) => /^GH3;/.test(prompt), answer: () => LOGGER_READINGS },
  {
    when: (prompt) => /lights of a house/.test(prompt),
    answer: (_prompt, messages) => lookAfterLights(messages),
  },
  {
    when: (prompt) => /orders of a coffee roaster/.test(prompt),
    answer: (_prompt, messages) => askAboutOrders(messages),
  },
  { when: () => true, answer: () => OTHERWISE },
];
