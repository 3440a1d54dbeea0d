import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { until } from '../harness/conditions.js';
import { untilHolds } from '../harness/expectations.js';
import { type LoggedDevice } from '../harness/logged-device.js';
import { runningSystem } from '../harness/running-system.js';
import { expectNoViolations } from '../harness/verdict.js';
import { World } from '../harness/world.js';

const forbidden = { code: 'FORBIDDEN', outcome: 'none', retryable: false };

describe('who blocks somebody', () => {
  const world = new World(runningSystem());
  let ada: LoggedDevice;
  let grace: LoggedDevice;

  beforeAll(async () => {
    const [adaId, graceId] = (await world.people(2)) as [string, string];
    [ada, grace] = await Promise.all([world.connected(adaId), world.connected(graceId)]);
  });

  afterAll(() => world.end());

  const listedFor = async ({ client }: LoggedDevice) => (await client.conversations.list()).items.length;

  test('is not told of by a conversation without a message', async () => {
    await ada.client.users.block(grace.userId);
    await ada.client.users.unblock(grace.userId);
    expect(await Promise.all([ada, grace].map(listedFor))).toEqual([0, 0]);
    expect([...grace.client.held(), ...ada.client.held()]).toEqual([]);
    const conversationId = await world.direct(grace, ada.userId);
    await grace.client.send(conversationId, 'hello');
    await untilHolds(ada, conversationId, ['hello']);
    await untilHolds(grace, conversationId, ['hello']);
    expect(await Promise.all([ada, grace].map(listedFor))).toEqual([1, 1]);
  });

  test('gets no message of them that comes after the block, and all that came before', async () => {
    const conversationId = await world.direct(ada, grace.userId);
    const sends = Array.from({ length: 100 }, (_, n) => grace.client.send(conversationId, `text ${n}`));
    const outcomes = Promise.allSettled(sends);
    await sends[20];
    await ada.client.users.block(grace.userId);
    const settled = await outcomes;
    const acked = settled.filter(({ status }) => status === 'fulfilled').length;
    for (const outcome of settled.slice(acked)) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: forbidden });
    }
    const { items } = await ada.client.conversations.messages(conversationId, { limit: 100 });
    const mostRecent = Math.max(...items.map(({ createdVersion }) => createdVersion));
    const { version } = await ada.client.conversations.get(conversationId);
    expect(version).toBe(mostRecent + 1);
    const held = ['hello', ...Array.from({ length: acked }, (_, n) => `text ${n}`)];
    await untilHolds(ada, conversationId, held);
    await untilHolds(grace, conversationId, held);
    for (const { client } of [ada, grace]) {
      await until(
        'the version of the block',
        () => client.conversationState(conversationId)?.version === version,
      );
    }
  });

  test('is told what to do, and the other one no more than that it cannot be delivered', async () => {
    const conversationId = await world.direct(ada, grace.userId);
    const blocker = ada.client.send(conversationId, 'still here?');
    await expect(blocker).rejects.toMatchObject({ ...forbidden, message: expect.stringMatching(/unblock/) });
    const blocked = grace.client.send(conversationId, 'still there?');
    await expect(blocked).rejects.toMatchObject({
      ...forbidden,
      message: expect.not.stringMatching(/block/i),
    });
    expect((await ada.client.users.blocks()).items).toMatchObject([{ userId: grace.userId }]);
    expect((await grace.client.users.blocks()).items).toEqual([]);
  });

  test('and unblocks them goes on as before', async () => {
    const conversationId = await world.direct(ada, grace.userId);
    await ada.client.users.unblock(grace.userId);
    await grace.client.send(conversationId, 'thank you');
    await ada.client.send(conversationId, 'never mind');
    const [first] = (await ada.client.conversations.messages(conversationId, { limit: 2 })).items;
    expect(first?.text).toBe('thank you');
    await expectNoViolations(await world.prove());
  });
});
