import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { until } from '../harness/conditions.js';
import { textsOf, untilHolds } from '../harness/expectations.js';
import { Load } from '../harness/load.js';
import { seededRandom } from '../harness/random.js';
import { runningSystem } from '../harness/running-system.js';
import { expectNoViolations } from '../harness/verdict.js';
import { type LoggedDevice } from '../harness/logged-device.js';
import { World } from '../harness/world.js';

describe('people who come and go', () => {
  const world = new World(runningSystem());
  let owner: LoggedDevice;
  let member: LoggedDevice;
  let guest: LoggedDevice;

  const begin = async (historyForNewMembers: 'all' | 'none' = 'all'): Promise<string> => {
    const memberIds = [member.userId, guest.userId];
    const { id } = await owner.client.conversations.createGroup({
      name: 'group',
      memberIds,
      historyForNewMembers,
    });
    world.conversations.add(id);
    return id;
  };

  const hasLeft = (device: LoggedDevice, conversationId: string) =>
    until(
      'the device knows that it left',
      () => device.client.conversationState(conversationId)?.leftVersion !== null,
    );

  beforeAll(async () => {
    const ids = (await world.people(3)) as [string, string, string];
    [owner, member, guest] = await Promise.all([
      world.connected(ids[0]),
      world.connected(ids[1]),
      world.connected(ids[2]),
    ]);
  });

  afterAll(() => world.end());

  test('get nothing that is written after they were removed', async () => {
    const conversationId = await begin();
    await owner.client.send(conversationId, 'while you are here');
    await untilHolds(guest, conversationId, ['while you are here']);
    await owner.client.conversations.removeMember(conversationId, guest.userId);
    await hasLeft(guest, conversationId);
    await owner.client.send(conversationId, 'behind your back');
    await untilHolds(member, conversationId, ['while you are here', 'behind your back']);
    await expect(guest.client.conversations.messages(conversationId)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await expect(guest.client.send(conversationId, 'still here')).rejects.toMatchObject({ outcome: 'none' });
    const { conversations } = await guest.client.conversations.sync({ [conversationId]: 0 });
    expect(conversations[conversationId]).toMatchObject({ left: true, messages: [] });
  });

  test('may leave by themselves, after which the longest-standing member is the owner', async () => {
    const conversationId = await begin();
    await owner.client.conversations.removeMember(conversationId, owner.userId);
    await hasLeft(owner, conversationId);
    const { items } = await member.client.conversations.members(conversationId);
    expect(items.filter(({ leftVersion }) => leftVersion === null)).toHaveLength(2);
    expect(items.filter(({ role, leftVersion }) => role === 'owner' && leftVersion === null)).toHaveLength(1);
  });

  test('who come back see all of the history, or only what is new', async () => {
    for (const history of ['all', 'none'] as const) {
      const conversationId = await begin(history);
      await owner.client.send(conversationId, 'before');
      await untilHolds(guest, conversationId, ['before']);
      await owner.client.conversations.removeMember(conversationId, guest.userId);
      await hasLeft(guest, conversationId);
      await owner.client.send(conversationId, 'in between');
      await owner.client.conversations.addMembers(conversationId, [guest.userId]);
      await owner.client.send(conversationId, 'after');
      await until('the last message is here', () => textsOf(guest, conversationId).at(-1) === 'after');
      const { items } = await guest.client.conversations.messages(conversationId);
      const texts = items.map(({ text }) => text);
      expect(texts).toEqual(history === 'all' ? ['before', 'in between', 'after'] : ['after']);
    }
  });

  test('cannot do what their role does not allow', async () => {
    const conversationId = await begin();
    const { conversations } = guest.client;
    const forbidden = { code: 'FORBIDDEN', outcome: 'none' };
    await expect(conversations.removeMember(conversationId, owner.userId)).rejects.toMatchObject(forbidden);
    await expect(conversations.setRole(conversationId, guest.userId, 'owner')).rejects.toMatchObject(
      forbidden,
    );
    await expect(conversations.update(conversationId, { name: 'mine' })).rejects.toMatchObject(forbidden);
    const { message } = await owner.client.send(conversationId, 'hands off');
    await expect(guest.client.delete(conversationId, message.id)).rejects.toMatchObject(forbidden);
    await owner.client.conversations.setRole(conversationId, guest.userId, 'admin');
    await expect(guest.client.delete(conversationId, message.id)).resolves.toMatchObject({ text: '' });
  });

  test('are removed and added while everybody writes, and the history has no fault', async () => {
    const conversationId = await begin();
    const devices = [owner, member, guest];
    const random = seededRandom();
    const load = new Load({ devices, conversations: [conversationId], random, ratePerDevice: 20 });
    for (let round = 0; round < 4; round += 1) {
      await load.flowing(20, 20_000);
      await owner.client.conversations.removeMember(conversationId, guest.userId);
      await load.flowing(20, 20_000);
      await owner.client.conversations.addMembers(conversationId, [guest.userId]);
    }
    await load.stop();
    const verdict = await world.prove();
    await expectNoViolations(verdict);
    expect(verdict.checked.refused).toBeGreaterThan(0);
  });
});
