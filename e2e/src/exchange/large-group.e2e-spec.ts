import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { limits } from '@parley/contracts/constants';
import { until } from '../harness/conditions.js';
import { textsOf } from '../harness/expectations.js';
import { runningSystem } from '../harness/running-system.js';
import { expectNoViolations } from '../harness/verdict.js';
import { type LoggedDevice } from '../harness/logged-device.js';
import { World } from '../harness/world.js';

describe('a group of 10,000', () => {
  const world = new World(runningSystem());
  const size = limits.groupMembers.max;
  const batch = limits.membersPerRequest.max;
  const online: LoggedDevice[] = [];
  let ids: string[];
  let owner: LoggedDevice;
  let conversationId: string;

  beforeAll(async () => {
    ids = await world.people(size + 1);
    owner = await world.connected(ids[0] as string);
    conversationId = await world.group(owner, ids.slice(1, batch));
    for (let from = batch; from < size; from += batch) {
      await owner.client.conversations.addMembers(conversationId, ids.slice(from, from + batch));
    }
    // From all over the group: each batch of joins has somebody online.
    for (let index = 1; index < size; index += size / 25)
      online.push(await world.connected(ids[index] as string));
  }, 120_000);

  afterAll(() => world.end());

  test('is full then', async () => {
    const add = owner.client.conversations.addMembers(conversationId, [ids[size] as string]);
    await expect(add).rejects.toMatchObject({ code: 'TOO_LARGE', outcome: 'none' });
  });

  test('gets a message to everybody who is online', async () => {
    for (const device of online) await device.client.sync();
    await owner.client.send(conversationId, 'to thousands');
    for (const device of online) {
      await until(
        'the message is here',
        () => textsOf(device, conversationId).at(-1) === 'to thousands',
        15_000,
      );
    }
  });

  test('lists its members page by page', async () => {
    const seen = new Set<string>();
    let cursor: string | undefined;
    do {
      const page = await owner.client.conversations.members(conversationId, cursor, limits.listPage.max);
      for (const { userId } of page.items) seen.add(userId);
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(seen.size).toBe(size);
  }, 60_000);

  test('lets nobody who was removed see what comes after', async () => {
    const [removed, ...others] = online as [LoggedDevice, ...LoggedDevice[]];
    await owner.client.conversations.removeMember(conversationId, removed.userId);
    await owner.client.send(conversationId, 'without you');
    for (const device of others) {
      await until(
        'the message is here',
        () => textsOf(device, conversationId).at(-1) === 'without you',
        15_000,
      );
    }
    const readers = [owner.userId, removed.userId, ...ids.slice(200, 210)];
    await expectNoViolations(await world.prove({ readers }));
  }, 60_000);
});
