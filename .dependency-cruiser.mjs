// Which file may import which: each file from its own wing and from wings on lower floors, never upward, sideways or in a
// circle. Checked by `npm run imports`, a part of `npm test`.

/** The wings, from the top floor down. Those of one line don't know each other. */
export const FLOORS = {
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

/** What every wing of a house may import besides: texts, and the editor types and tables of lib. Nothing else of nodes/. */
const GROUND = { 'nodes/lib': ['nodes/locales'], 'nodes/editor': ['nodes/locales', 'nodes/lib'] };

const wings = Object.entries(FLOORS).flatMap(([house, floors]) =>
  floors.flatMap((floor, index) =>
    floor.map((wing) => ({
      wing: `${house}/${wing}`,
      allowed: [
        ...[wing, ...floors.slice(index + 1).flat()].map((name) => `${house}/${name}`),
        ...GROUND[house],
      ],
    })),
  ),
);

/** Files that are in no wing. */
const outside = {
  path: '^nodes/(lib|editor)/',
  pathNot: [...wings.map(({ wing }) => `^${wing}/`), '\\.d\\.ts$'],
};

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    { name: 'no-circle', severity: 'error', from: {}, to: { circular: true } },
    // A file that imports, one that is imported, and one that does neither.
    { name: 'known-wing', severity: 'error', from: outside, to: {} },
    { name: 'into-known-wing', severity: 'error', from: {}, to: outside },
    { name: 'alone-in-known-wing', severity: 'error', from: { ...outside, orphan: true }, to: {} },
    ...wings.map(({ wing, allowed }) => ({
      name: `only-down-from-${wing}`,
      severity: 'error',
      from: { path: `^${wing}/` },
      to: { path: '^nodes/', pathNot: [...allowed.map((path) => `^${path}/`), '\\.d\\.ts$'] },
    })),
  ],
  options: {
    parser: 'swc',
    doNotFollow: { path: 'node_modules' },
  },
};
