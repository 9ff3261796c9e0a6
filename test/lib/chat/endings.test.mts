// How a job ends when what is told of it fails itself.
import assert from 'node:assert/strict';
import { Endings } from '../../../nodes/lib/chat/endings.ts';
import { createJob } from '../../../nodes/lib/chat/job.ts';
import { ChatError } from '../../../nodes/lib/common/errors.ts';

describe('endings', () => {
  it('should give the flow its error, also when the rest of the reply can not be sent', () => {
    const errors: unknown[] = [];
    const endings = new Endings({ describe: (error) => error, showStatus: () => {} });
    const job = createJob(
      {},
      () => {},
      (error) => errors.push(error),
    );
    endings.add(job);
    job.sender = {
      openParts: () => undefined,
      hasSent: () => true,
      begin: () => {},
      restart: () => {},
      piece: () => {},
      rest: () => {},
      finish: () => {},
      cancel: () => {},
      flush: () => {
        throw new Error('The message can not be copied.');
      },
      drop: () => {},
    };
    const failure = new ChatError('incomplete');
    endings.fail(job, failure);
    assert.deepEqual(errors, [failure]);
    assert.equal(job.state, 'ended');
  });
});
