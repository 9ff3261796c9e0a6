import assert from 'node:assert/strict';
import { mock } from 'node:test';
import type { ListedModel } from '../../../nodes/lib/common/model-end.ts';
import { addModelUser } from '../../../nodes/lib/service/model-users.ts';
import { FIRST_LOOK, LOOK_EVERY, ModelWatch } from '../../../nodes/lib/service/model-watch.ts';

const SOON = '2027-01-14';
const LATER = '2027-08-01';

describe('ModelWatch', () => {
  let asked: number;
  let told: string[];
  let list: () => Promise<ListedModel[]>;
  const ends: (() => void)[] = [];

  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.UTC(2026, 11, 1) });
    asked = 0;
    told = [];
    list = async () => [{ id: 'old', ends: SOON }, { id: 'older', ends: LATER }, { id: 'new' }];
  });
  afterEach(() => {
    for (const end of ends.splice(0)) end();
    mock.timers.reset();
  });

  function watch(last?: number): ModelWatch {
    const service = {
      model: 'old',
      models: () => {
        asked++;
        return list();
      },
    };
    const watch = new ModelWatch({ id: 'config', last, service: () => service });
    ends.push(() => watch.close());
    return watch;
  }

  function use(name: string, model: () => Promise<string | undefined>, config = 'config'): () => void {
    const onEnd = (model: string, ends: string): void => void told.push(`${name}: ${model} ${ends}`);
    const end = addModelUser({ config, model, onEnd });
    ends.push(end);
    return end;
  }

  /** Lets time pass, and what it starts come to its end. */
  async function pass(milliseconds: number): Promise<void> {
    mock.timers.tick(milliseconds);
    await new Promise(setImmediate);
  }

  it('should tell those whose model ends within 60 days, once a day', async () => {
    use('blank', async () => '');
    use('own', async () => 'old');
    use('later', async () => 'older');
    use('endless', async () => 'new');
    use('by message', async () => undefined);
    use('of another service', async () => 'old', 'other');
    watch();
    await pass(FIRST_LOOK - 1);
    assert.equal(asked, 0);
    await pass(1);
    const first = [`blank: old ${SOON}`, `own: old ${SOON}`];
    assert.deepEqual(told, first);
    await pass(LOOK_EVERY - 1);
    assert.deepEqual([told, asked], [first, 1]);
    await pass(1);
    assert.deepEqual([told, asked], [[...first, ...first], 2]);
  });

  it('should ask no earlier after a deployment', async () => {
    use('own', async () => 'old');
    const earlier = watch();
    await pass(FIRST_LOOK);
    await pass(LOOK_EVERY / 2);
    watch(earlier.close());
    await pass(LOOK_EVERY / 2 - 1);
    assert.equal(asked, 1);
    await pass(1);
    assert.equal(asked, 2);
  });

  it('should ask nothing while no node uses the service', async () => {
    const end = use('own', async () => 'old');
    end();
    watch();
    await pass(FIRST_LOOK);
    assert.equal(asked, 0);
  });

  it('should say nothing of a service that cannot be asked, and ask it again the next day', async () => {
    use('own', async () => 'old');
    const known = list;
    list = () => Promise.reject(new Error('no list'));
    watch();
    await pass(FIRST_LOOK);
    assert.deepEqual([asked, told], [1, []]);
    list = known;
    await pass(LOOK_EVERY);
    assert.deepEqual([asked, told.length], [2, 1]);
  });

  it('should tell nobody once it is closed, even if the list comes then', async () => {
    use('own', async () => 'old');
    let answer = (_models: ListedModel[]): void => {};
    list = () => new Promise((resolve) => (answer = resolve));
    const closed = watch();
    await pass(FIRST_LOOK);
    closed.close();
    answer([{ id: 'old', ends: SOON }]);
    await pass(LOOK_EVERY);
    assert.deepEqual([asked, told], [1, []]);
  });
});
