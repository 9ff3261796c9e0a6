// Which file may import which: each file from its own wing and from wings on lower floors, never upward, sideways or in a
// circle. Checked by `npm run imports`, a part of `npm test`.

/** The wings, from the top floor down. Those of one line don't know each other. */
const FLOORS = {
  'nodes/lib': [
    ['chat'],
    ['service', 'tools', 'memory'],
    ['request', 'sending'],
    ['reply'],
    ['http', 'schema'],
    ['common'],
  ],
  'nodes/editor': [['forms'], ['dialogs', 'tabs'], ['widgets'], ['checks']],
};

const wings = Object.entries(FLOORS).flatMap(([house, floors]) =>
  floors.flatMap((floor, index) =>
    floor.map((wing) => ({
      wing: `${house}/${wing}`,
      allowed: [wing, ...floors.slice(index + 1).flat()].map((name) => `${house}/${name}`),
      house,
    })),
  ),
);

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    { name: 'no-circle', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'known-wing',
      severity: 'error',
      from: {
        path: '^nodes/(lib|editor)/',
        pathNot: [...wings.map(({ wing }) => `^${wing}/`), '\\.d\\.ts$'],
      },
      to: {},
    },
    ...wings.map(({ wing, house, allowed }) => ({
      name: `only-down-from-${wing}`,
      severity: 'error',
      from: { path: `^${wing}/` },
      to: { path: `^${house}/`, pathNot: [...allowed.map((path) => `^${path}/`), '\\.d\\.ts$'] },
    })),
  ],
  options: {
    parser: 'swc',
    doNotFollow: { path: 'node_modules' },
  },
};
