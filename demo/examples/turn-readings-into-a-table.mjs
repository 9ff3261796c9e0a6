const BOILER = [
  { device: 'Boiler 2', quantity: 'temperature', value: 74.5, unit: '°C' },
  { device: 'Boiler 2', quantity: 'pressure', value: 1.8, unit: 'bar' },
  { device: 'Pump in the cellar', quantity: 'power', value: 340, unit: 'W' },
];

const LOGGER = [
  { device: 'GH3', quantity: 'temperature', value: 21.4, unit: '°C' },
  { device: 'GH3', quantity: 'relative humidity', value: 63, unit: '%' },
  { device: 'GH3', quantity: 'CO2 concentration', value: 812, unit: 'ppm' },
];

export default {
  example: 'Turn readings into a table',
  answers: [
    { when: /^Boiler 2/m, answer: JSON.stringify({ readings: BOILER }) },
    { when: /^GH3;/m, answer: JSON.stringify({ readings: LOGGER }) },
  ],
};
