// The examples in which a model calls flows: the stand-in makes the calls and reads the results, as a model would.
import assert from 'node:assert/strict';
import { find, placedExample } from '../support/examples.mts';
import { FlowDriver } from '../support/flow-driver.mts';
import { Broker } from '../support/mqtt.mts';
import { completion, type RawServer, sendJson, startRawServer } from '../support/raw-server.mts';
import { type FlowNode, type RunningNodeRed, startNodeRed } from '../support/start-node-red.mts';
import { type Call, callReply, inTurn, resultsIn } from '../support/tool-flow.mts';

describe('examples with tools', () => {
  let nodeRed: RunningNodeRed;
  let flows: FlowDriver;
  let api: RawServer;

  before(async () => {
    nodeRed = await startNodeRed({ settings: { debugMaxLength: 100_000 } });
    flows = await FlowDriver.connect(nodeRed);
  });

  after(async () => {
    flows.close();
    await nodeRed.stop();
  });

  beforeEach(async () => {
    api = await startRawServer(inTurn(completion('Hello!')));
  });

  afterEach(async function () {
    if (this.currentTest?.isFailed()) console.error(nodeRed.log());
    await flows.deploy([]);
    await api.close();
  });

  const body = (number: number) => api.requests.items[number - 1]?.body;
  const results = (number: number) => resultsIn(body(number)).map(([, content]) => String(content));
  const answerOf = (flow: FlowNode[]) => flows.debug(find(flow, 'debug', 'Answer')).then(({ msg }) => msg);

  describe('Let the model switch the lights', () => {
    let broker: Broker;

    beforeEach(async () => {
      broker = await Broker.start();
    });

    afterEach(async () => {
      await flows.deploy([]);
      await broker.stop();
    });

    async function deploy(): Promise<FlowNode[]> {
      const flow = placedExample('Let the model switch the lights', {
        api: api.url,
        brokerPort: broker.port,
      });
      await flows.deploy(flow);
      await broker.subscribed('house/+/light', 'house/+/light/set');
      return flow;
    }

    it('should switch and dim over MQTT, and tell the model how the lights are then', async () => {
      const flow = await deploy();
      const state = find(flow, 'debug', 'State');
      api.answer(
        inTurn(
          callReply(
            ['a', 'switch_light', '{"room":"hall","on":true}'],
            ['b', 'dim_light', '{"room":"living_room","level":30}'],
          ),
          async (response) => {
            await flows.debugTimes(state, 2);
            sendJson(response, callReply(['c', 'list_lights', '']));
          },
          (response, { body }) => sendJson(response, completion(String(resultsIn(body).at(-1)?.[1]))),
        ),
      );
      await flows.press(find(flow, 'inject', 'A brighter evening'));
      const expected = { hall: { on: true, level: 100 }, living_room: { on: true, level: 30 } };
      assert.deepEqual(JSON.parse(await answerOf(flow)), expected);
      assert.deepEqual(JSON.parse(await broker.published('house/hall/light/set')), { on: true });
      assert.deepEqual(JSON.parse(await broker.published('house/living_room/light/set')), {
        on: true,
        level: 30,
      });
      assert.deepEqual(JSON.parse(await broker.published('house/hall/light')), expected.hall);

      assert.deepEqual(
        body(1).tools.map((tool: { function: { name: string } }) => tool.function.name),
        ['list_lights', 'switch_light', 'dim_light'],
      );
      assert.deepEqual(results(2), [
        'Sent to house/hall/light/set: {"on":true}',
        'Sent to house/living_room/light/set: {"on":true,"level":30}',
      ]);
      const activity = flows.debugged(find(flow, 'debug', 'Tool calls')).map(({ msg }) => JSON.parse(msg));
      assert.deepEqual(
        activity.map(({ name, state }) => `${name} ${state}`).sort(),
        ['switch_light', 'dim_light', 'list_lights']
          .flatMap((name) => [`${name} finished`, `${name} started`])
          .sort(),
      );
    });

    it('should tell the model of a room that is not there and of a level out of range', async () => {
      const flow = await deploy();
      api.answer(
        inTurn(
          callReply(
            ['a', 'switch_light', '{"room":"cellar","on":true}'],
            ['b', 'dim_light', '{"room":"hall","level":130}'],
            ['c', 'list_lights', '{}'],
          ),
          completion('I could not.'),
        ),
      );
      await flows.press(find(flow, 'inject', 'A brighter evening'));
      assert.equal(await answerOf(flow), 'I could not.');
      assert.match(
        results(2)[0] as string,
        /^Error: The arguments are wrong: \/room must be equal to one of/,
      );
      assert.match(results(2)[1] as string, /^Error: The arguments are wrong: \/level must be <= 100\.$/);
      assert.equal(results(2)[2], 'The state of the lights is not known yet.');
    });
  });

  describe('Ask the database', () => {
    async function deploy(): Promise<FlowNode[]> {
      const flow = placedExample('Ask the database', { api: api.url });
      await flows.deploy(flow);
      assert.equal((await flows.debug(find(flow, 'debug', 'Loaded'))).msg, '11 orders are loaded');
      return flow;
    }

    /** What the tool gives for these arguments. */
    async function query(args: object): Promise<{ orders: number; amount: number; [part: string]: unknown }> {
      const flow = await deploy();
      const call: Call = ['a', 'query_orders', JSON.stringify(args)];
      api.answer(inTurn(callReply(call), completion('Looked up.')));
      await flows.press(find(flow, 'inject', 'Who spent most?'));
      assert.equal(await answerOf(flow), 'Looked up.');
      return JSON.parse(results(2)[0] as string);
    }

    it('should let the model group, and answer from the sums', async () => {
      const flow = await deploy();
      api.answer(
        inTurn(callReply(['a', 'query_orders', '{"group_by":"customer"}']), (response, { body }) => {
          const [[, content] = []] = resultsIn(body);
          const [first] = JSON.parse(String(content)).groups;
          sendJson(response, completion(`${first.customer}, with ${first.amount} euros.`));
        }),
      );
      await flows.press(find(flow, 'inject', 'Who spent most?'));
      assert.equal(await answerOf(flow), 'Harbour Cafe, with 1093 euros.');
      assert.deepEqual(JSON.parse(results(2)[0] as string), {
        orders: 11,
        kg: 138,
        amount: 2358,
        groups: [
          { customer: 'Harbour Cafe', orders: 5, kg: 55, amount: 1093 },
          { customer: 'Old Mill Bakery', orders: 4, kg: 67, amount: 1025 },
          { customer: 'Station Kiosk', orders: 2, kg: 16, amount: 240 },
        ],
      });
    });

    it('should find the orders that are open', async () => {
      const open = await query({ status: 'open' });
      assert.deepEqual([open.orders, open.amount], [3, 728]);
    });

    it('should find the orders of a customer in a month', async () => {
      const may = await query({ customer: 'harbour cafe', from: '2026-05-01', to: '2026-05-31' });
      assert.deepEqual(may.rows, [
        {
          date: '2026-05-26',
          customer: 'Harbour Cafe',
          coffee: 'Ethiopia',
          kg: 14,
          amount: 308,
          status: 'open',
        },
        { date: '2026-05-11', customer: 'Harbour Cafe', coffee: 'Decaf', kg: 4, amount: 76, status: 'paid' },
      ]);
    });

    it('should find nothing rather than fail', async () => {
      assert.deepEqual(await query({ customer: "x' OR '1'='1" }), { orders: 0, kg: 0, amount: 0, rows: [] });
    });

    it('should refuse what is no query', async () => {
      const flow = await deploy();
      api.answer(inTurn(callReply(['a', 'query_orders', '{"status":"all"}']), completion('I could not.')));
      await flows.press(find(flow, 'inject', 'What is open?'));
      assert.equal(await answerOf(flow), 'I could not.');
      assert.match(
        results(2)[0] as string,
        /^Error: The arguments are wrong: \/status must be equal to one of/,
      );
    });

    it('should tell the model that the orders are not there', async () => {
      const flow = placedExample('Ask the database', { api: api.url }).map((node) =>
        node.type === 'inject' ? { ...node, once: false } : node,
      );
      await flows.deploy(flow);
      api.answer(inTurn(callReply(['a', 'query_orders', '{}']), completion('I could not.')));
      await flows.press(find(flow, 'inject', 'What is open?'));
      assert.equal(await answerOf(flow), 'I could not.');
      assert.deepEqual(results(2), ['Error: The orders are not loaded yet.']);
    });
  });
});
