import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mintId } from '@parley/client';
import { limits } from '@parley/contracts/constants';
import { until } from '../harness/conditions.js';
import { type LoggedDevice } from '../harness/logged-device.js';
import { runningSystem } from '../harness/running-system.js';
import { World } from '../harness/world.js';

const CONVERSATIONS = 200;
const EACH = 50;

describe('a device that was away for 10,000 messages in 200 conversations', () => {
  const world = new World(runningSystem());
  const ids: string[] = [];
  /** Each device may send so many a second. */
  const friends: LoggedDevice[] = [];
  let ownId: string;

  beforeAll(async () => {
    const [friendId, own] = (await world.people(2)) as [string, string];
    ownId = own;
    for (let count = 0; count < 10; count += 1) friends.push(await world.connected(friendId));
    const [friend] = friends as [LoggedDevice];
    for (let count = 0; count < CONVERSATIONS; count += 20) {
      const some = Array.from({ length: 20 }, () => world.group(friend, [ownId]));
      ids.push(...(await Promise.all(some)));
    }
  }, 120_000);

  afterAll(() => world.end());

  test('has the newest page of each first, pages the rest on demand, and has no gap that it does not tell', async () => {
    const deviceId = mintId();
    const before = await world.connected(ownId, { deviceId });
    await before.client.sync();
    expect([...before.client.held()].map(({ id }) => id).sort()).toEqual([...ids].sort());
    // Without a network: it keeps what it holds, and misses everything from here on.
    before.client.close();
    const texts = (id: string) => Array.from({ length: EACH }, (_, number) => `${id} ${number + 1}`);
    const write = async (friend: LoggedDevice, index: number): Promise<void> => {
      for (const id of ids.filter((_, each) => each % friends.length === index)) {
        const conversation = friend.client.conversation(id);
        await Promise.all(texts(id).map((text) => conversation.send({ text })));
      }
    };
    await Promise.all(friends.map(write));
    const limited = new Set<string>();
    const back = world.device(ownId, { deviceId, name: mintId() });
    back.client.on('changed', ({ conversationId, changes }) => {
      if (changes.some(({ kind }) => kind === 'forgotten')) limited.add(conversationId);
    });
    await back.client.connect();
    await back.client.sync();
    for (const id of ids) {
      const held = back.client.conversation(id);
      expect(held.messages.at(-1)?.seq).toBe(EACH);
      expect(held.unreadCount).toBe(EACH);
      const floorSeq = back.client.conversationState(id)?.floorSeq ?? 0;
      const seqs = held.messages.map(({ seq }) => seq);
      // What it holds has no hole down to its floor, and a floor above the first message was told.
      expect(seqs).toEqual(Array.from({ length: EACH - floorSeq + 1 }, (_, index) => floorSeq + index));
      if (floorSeq > 1) expect(limited).toContain(id);
    }
    const looked = ids.filter((_, index) => index % 20 === 0);
    for (const id of looked) {
      const conversation = back.client.conversation(id);
      while ((await conversation.history({ limit: 20 })).more);
      expect(conversation.messages.map(({ text }) => text)).toEqual(texts(id));
    }
    const unread = back.client.conversations.list(undefined, limits.listPage.max);
    expect((await unread).items.every(({ unreadCount }) => unreadCount === EACH)).toBe(true);
    await until('it is online still', () => back.client.session !== null);
  }, 120_000);
});
