// Every button of every example, pressed in the demo as a newcomer would, with all the demo's own parts.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Demo } from '../support/demo.mts';
import { EXAMPLES, find, readExample } from '../support/examples.mts';
import { FlowDriver } from '../support/flow-driver.mts';
import type { FlowNode } from '../support/start-node-red.mts';

/** A button, and what then comes out of the debug nodes of its tab: one text or several for each of them. */
type Step = [button: string, shows: Record<string, Shown | Shown[]>];
type Shown = string | RegExp;

const KNOWN = 'The state of the lights is not known yet.';
const STATE = /^\{.*"topic":"house\/\w+\/light"/;
const CALL = /^\{"name":"\w+_lights?".*"state":"(started|finished)"/;
const UNKNOWN_NAME = 'You have not told me your name yet.';

const MCP_CALL = /^\{"name":"\w+_temperatures?".*"by":"mcp","server":"House of the demo"/;

const TALE = /^The keeper of the lighthouse/;

/** The warning of a config node in “Show what the model costs”, which is to come once. */
const NEARLY_USED_UP = /84 % of the limit of 20000 are used/;

/** Of three questions that are asked at once, in any order. */
const ANSWER = /^(Put it into|The last message|Sunlight)/;

/** The buttons of each example, in an order in which one builds on the other. */
const STEPS: Record<string, Step[]> = {
  'Ask a question': [
    [
      'What is a retained message?',
      {
        Answer: 'The last message of a topic, which the broker keeps for new subscribers.',
        'Model, usage, time': /"finish_reason":"stop".*"usage":/,
      },
    ],
    [
      'Same question, in German',
      {
        Answer: 'Die letzte Nachricht eines Topics, die der Broker für neue Abonnenten aufhebt.',
        'Model, usage, time': /"finish_reason":"stop"/,
      },
    ],
  ],
  'Stream the answer': [
    // The demo has begun to tell the story by itself.
    ['Stop', { 'How it ended': /"finish_reason":"cancelled"/, 'Complete story': /^Once upon a time/ }],
    [
      'Tell me a story',
      {
        'Each sentence': [
          /^Once upon a time/,
          ...Array.from({ length: 10 }, () => /^[A-Z].{10,78}\. ?$/),
          /seeking\.$/,
        ],
        'How it ended': /"finish_reason":"stop"/,
        'Complete story': /^Once upon a time.*Indigo did the seeking\.$/,
      },
    ],
  ],
  'Ask before it acts': [
    ['Let the courier in', { Question: 'May the model use open_door with {"door":"front","minutes":2}?' }],
    ['Allow', { Answer: 'The front door is open for 2 minutes. The courier can come in.' }],
    ['Let the courier in', { Question: /^May the model use open_door/ }],
    [
      'Deny',
      {
        Answer: 'I did not open the door. The user did not allow the call of open_door: nobody is at home',
      },
    ],
  ],
  'Use the tools of an MCP server': [
    [
      'How warm is it?',
      {
        Answer: 'It is this warm: bath 19 °C, kitchen 20 °C, living room 21 °C.',
        'Tool calls': [MCP_CALL, MCP_CALL],
      },
    ],
    ['Warm the bath', { Answer: 'Done. The bath is set to 23 °C.', 'Tool calls': [MCP_CALL, MCP_CALL] }],
  ],
  'Answer a voice assistant': [
    ['Why is the sky blue?', { Sentence: [/all colours\.$/, /^The air scatters/, /^So blue comes/] }],
    ['How do I boil an egg?', { Sentence: [/boiling water\.$/, /^Six minutes/, /^Then hold it/] }],
  ],
  'A queue that survives': [
    ['At the start', {}],
    ['Ask three questions', { Answers: [ANSWER, ANSWER, ANSWER] }],
    ['Show the last answers', { 'Last answers': /"text","(Put it|The last|Sunlight).*"text".*"text"/ }],
    ["Ask what can't be answered", { 'Given up': /empty|nothing to ask/i }],
    ['Show what was put aside', { 'Put aside': /"code","parameter"/ }],
    ['Every 10 seconds', {}],
  ],
  'Ask the database': [
    ['Load at start', { Loaded: '11 orders are loaded' }],
    ['Who spent most?', { Answer: 'Harbour Cafe spent most so far: 1093 euros.' }],
    ['What is open?', { Answer: 'There are 3 such orders: 42 kg for 728 euros in all.' }],
    ['Harbour Cafe in May', { Answer: 'There are 2 such orders: 18 kg for 384 euros in all.' }],
  ],
  'Describe a camera picture': [
    ['Look now', { Description: 'A parcel lies in front of a green door, and nobody is waiting.' }],
  ],
  'Draw a picture': [
    ['A lighthouse', { Saved: 'drawing.png' }],
    ['Words only', { 'No picture': 'A striped tower sends its light over a dark sea.' }],
  ],
  'Explain a sensor alarm': [
    ['Pump 3 runs well', {}],
    ['Pump 3 shakes', { Alarm: /^The vibration of pump-3 is at 11\.8 mm\/s/ }],
  ],
  'Let the model switch the lights': [
    ['What is on?', { Answer: KNOWN, 'Tool calls': [CALL, CALL] }],
    [
      'A brighter evening',
      {
        Answer: 'The light in the hall is on, and the living room is dimmed to 30 percent.',
        'Tool calls': [CALL, CALL, CALL, CALL],
        State: [STATE, STATE],
      },
    ],
    [
      'What is on?',
      {
        Answer: 'These lights are on: hall (100 percent), living room (30 percent).',
        'Tool calls': [CALL, CALL],
      },
    ],
    [
      'Good night',
      {
        Answer: 'All lights are off. Good night!',
        'Tool calls': [CALL, CALL, CALL, CALL, CALL, CALL],
        State: [STATE, STATE, STATE],
      },
    ],
    ['What is on?', { Answer: 'All lights are off.', 'Tool calls': [CALL, CALL] }],
  ],
  'Run a chat bot': [
    ['Ada: I am Ada', { Reply: 'Nice to meet you, Ada!' }],
    ['Bob: Who am I?', { Reply: UNKNOWN_NAME }],
    ['Ada: Who am I?', { Reply: 'You are Ada.' }],
    ['Ada: /forget', { Reply: 'Forgotten.' }],
    ['Ada: Who am I?', { Reply: UNKNOWN_NAME }],
  ],
  'Share the work over MQTT': [
    ['Anna asks three questions', { Answers: [ANSWER, ANSWER, ANSWER] }],
    ['Anna says her name', { Answers: 'Hello, Anna!' }],
    ['Anna asks what it is', { Answers: 'Your name is Anna.' }],
  ],
  'Summarise a feed every morning': [
    ['Every morning at seven', { Saved: /^The newest in the feed:\n\n- \[Retained messages come back / }],
  ],
  'Summarise a long document': [
    ['Summarise document.txt', { Summary: /^# The README in short\n\n- About .+\n- / }],
  ],
  'Go on when the internet is down': [
    [
      'The freezer is too warm',
      { Advice: /^Check first that the door is closed/, 'Who answered': 'Stand-in for Vivgrid' },
    ],
    [
      'Make the first service fail',
      { Advice: /^Close the door and check its seal/, 'Who answered': 'Stand-in for Ollama' },
    ],
  ],
  'Show what the model costs': [
    ['Every 5 seconds', {}],
    ['Ask', { Tale: TALE }],
    ['Ask', { Tale: TALE }],
    ['Ask', { Tale: TALE }],
    ['Ask', { Tale: TALE, Warning: "84 % of today's tokens are used." }],
    ['Ask', { Tale: TALE }],
    ['Ask', { 'What went wrong': /"code":"budget"/ }],
  ],
  'Tell failures apart': [
    ['Hello', { 'What the person gets': 'Loud and clear.' }],
    ['No question', { 'What the person gets': "I can't answer this. Please ask differently." }],
    ['The service is down', { 'What the person gets': 'I am busy right now. Please ask again in a minute.' }],
    [
      'The money is gone',
      {
        'What the person gets': 'I am out of order, and my owner knows.',
        'For the owner': /"code":"payment"/,
      },
    ],
  ],
  'Turn readings into a table': [
    [
      'A note from the boiler room',
      {
        Row: [/^device,quantity,value,unit\nBoiler 2,temperature,74\.5,°C\n$/, /^Boiler 2,/, /^Pump in the/],
      },
    ],
    ['A line from a logger', { Row: [/^GH3,temperature,21\.4/, /^GH3,/, /^GH3,/] }],
  ],
};

describe('the buttons of the demo', function () {
  // A whole Node-RED starts, and the stand-in writes at a human pace.
  this.timeout(60_000);
  let userDir: string;
  let demo: Demo;
  let flows: FlowDriver;

  before(async () => {
    userDir = mkdtempSync(join(tmpdir(), 'vivgrid-demo-'));
    demo = new Demo(userDir);
    flows = await FlowDriver.connect({ url: `${await demo.address()}/` });
  });

  after(async () => {
    flows?.close();
    await demo?.end('SIGKILL');
    rmSync(userDir, { recursive: true });
  });

  for (const [example, steps] of Object.entries(STEPS)) pressEach(example, steps);

  function pressEach(example: string, steps: Step[]): void {
    describe(example, () => {
      const flow = readExample(example);
      const debugs = flow.filter(({ type }) => type === 'debug');
      const problemsNow = () => flows.problems().filter(({ msg }) => !NEARLY_USED_UP.test(msg));
      const shown = (node: FlowNode) => flows.debugged(node).map(({ msg }) => msg);

      for (const [button, shows] of steps) {
        it(`should show what it should for “${button}”`, async () => {
          if (button === 'Stop') await flows.debug(find(flow, 'debug', 'Each sentence'));
          const before = new Map(debugs.map((node) => [node, shown(node).length]));
          const since = (node: FlowNode) => shown(node).slice(before.get(node));
          const problems = problemsNow().length;
          await flows.press(find(flow, 'inject', button));

          const expected = Object.entries(shows).map(
            ([name, texts]) => [find(flow, 'debug', name), [texts].flat()] as const,
          );
          // One that is stopped may have shown more of its sentences.
          const others = debugs.filter(({ name = '' }) => !(name in shows) && name !== 'Each sentence');
          const unexpected = () =>
            others.flatMap((node) => since(node).map((text) => `${node.name}: ${text}`));
          await flows.until(
            () =>
              unexpected().length > 0 ||
              problemsNow().length > problems ||
              expected.every(([node, texts]) => since(node).length >= texts.length),
          );
          assert.deepEqual(unexpected(), []);
          assert.deepEqual(problemsNow().slice(problems), []);
          for (const [node, texts] of expected) {
            const found = since(node);
            assert.equal(found.length, texts.length, found.join('\n'));
            for (const [index, text] of texts.entries()) check(found[index] as string, text);
          }
        });
      }
    });
  }

  it('should have no buttons but these', () => {
    for (const example of EXAMPLES) {
      const buttons = readExample(example).flatMap(({ type, name }) => (type === 'inject' ? [name] : []));
      const pressed = new Set(STEPS[example]?.map(([button]) => button));
      assert.deepEqual(buttons.sort(), [...pressed].sort(), `${example}: add what its buttons show`);
    }
  });

  // In a group of its own, which comes after the others.
  describe('all of them', () => {
    it('should raise no error that no Catch node gets, and no warning but the one of the limit', () => {
      const warnings = flows.problems().map(({ msg }) => msg);
      assert.equal(warnings.length, 1, warnings.join('\n'));
      assert.match(String(warnings[0]), NEARLY_USED_UP);
      // The log has the one of the limit as well.
      const lines = demo.errors.join('').split('\n');
      const others = lines.filter((line) => line.trim() !== '' && !NEARLY_USED_UP.test(line));
      assert.deepEqual(others, []);
    });
  });
});

function check(found: string, expected: Shown): void {
  if (typeof expected === 'string') assert.equal(found, expected);
  else assert.match(found, expected);
}
