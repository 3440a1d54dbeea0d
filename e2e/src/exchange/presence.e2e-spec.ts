import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type PresenceVisibility, timing } from '@parley/contracts';
import { until } from '../harness/conditions.js';
import { type LoggedDevice } from '../harness/logged-device.js';
import { SeenPresence, snapshot } from '../harness/presence.js';
import { runningSystem } from '../harness/running-system.js';
import { World } from '../harness/world.js';

describe('people who come and go', () => {
  const world = new World(runningSystem());
  let watcher: LoggedDevice;
  let friendId: string;
  let seen: SeenPresence;

  /** Somebody new, in a group with the watcher. */
  beforeEach(async () => {
    const [watcherId, id] = (await world.people(2)) as [string, string];
    friendId = id;
    watcher = await world.connected(watcherId);
    await world.group(watcher, [friendId]);
    seen = new SeenPresence(watcher);
    await seen.watch([friendId]);
  });

  afterAll(() => world.end());

  test('with several devices are one person, away when none is in use', async () => {
    const phone = await world.connected(friendId);
    const laptop = await world.connected(friendId);
    await seen.holds(friendId, 'online');
    phone.client.presence.report('idle');
    laptop.client.presence.report('idle');
    await seen.holds(friendId, 'away');
    laptop.client.presence.report('active');
    await seen.holds(friendId, 'online');
    phone.client.close();
    laptop.client.presence.report('idle');
    await seen.holds(friendId, 'away');
    expect(seen.statusesOf(friendId)).toEqual(['offline', 'online', 'away', 'online', 'away']);
  });

  test('are offline a while after they left, and do not flicker when they come back before', async () => {
    const phone = await world.connected(friendId);
    const online = await seen.holds(friendId, 'online');
    phone.client.close();
    const again = await world.connected(friendId);
    const left = Date.now();
    again.client.close();
    const offline = await seen.holds(friendId, 'offline', 20_000);
    // Timers may be early by a millisecond or so; what is under test are seconds.
    expect(Date.now() - left).toBeGreaterThan(timing.offlineAfterMs - 500);
    expect(seen.statusesOf(friendId)).toEqual(['offline', 'online', 'offline']);
    expect(offline.version).toBe(online.version + 1);
    expect(await snapshot(watcher, [friendId])).toEqual([offline]);
  });

  describe('are seen', () => {
    let friend: LoggedDevice;

    beforeEach(async () => {
      friend = await world.connected(friendId);
    });

    const choose = (presenceVisibleTo: PresenceVisibility): Promise<unknown> =>
      friend.client.api.request('PATCH', '/v1/users/me', { body: { presenceVisibleTo } });
    const sees = (device: LoggedDevice, count: number) =>
      until(`${count} may be seen`, async () => (await snapshot(device, [friendId])).length === count);

    test('by whom they share a conversation with, by everybody, or by nobody', async () => {
      const [strangerId] = (await world.people(1)) as [string];
      const stranger = await world.connected(strangerId);
      expect(await snapshot(stranger, [friendId])).toEqual([]);
      await choose('everybody');
      await sees(stranger, 1);
      await choose('nobody');
      await sees(stranger, 0);
      await sees(watcher, 0);
      expect(await snapshot(friend, [friendId])).toHaveLength(1);
      await choose('shared');
      await sees(watcher, 1);
      await sees(stranger, 0);
    });

    test('by nobody who is blocked, nor by whom they have blocked', async () => {
      await friend.client.users.block(watcher.userId);
      await sees(watcher, 0);
      expect(await snapshot(friend, [watcher.userId])).toEqual([]);
      await friend.client.users.unblock(watcher.userId);
      await sees(watcher, 1);
    });

    test('no more by who was removed', async () => {
      const [guestId] = (await world.people(1)) as [string];
      const guest = await world.connected(guestId);
      const conversationId = await world.group(friend, [guestId]);
      await sees(guest, 1);
      await friend.client.conversations.removeMember(conversationId, guestId);
      await sees(guest, 0);
    });
  });
});
