import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type PresenceVisibility } from '@parley/contracts';
import { TcpProxy } from '@parley/cluster';
import { until } from '../harness/conditions.js';
import { type LoggedDevice } from '../harness/logged-device.js';
import { SeenPresence, snapshot } from '../harness/presence.js';
import { runningSystem } from '../harness/running-system.js';
import { World } from '../harness/world.js';

describe('watching somebody over a link that breaks', () => {
  const world = new World(runningSystem());
  let link: TcpProxy;
  let watcher: LoggedDevice;
  let friend: LoggedDevice;
  let seen: SeenPresence;

  beforeAll(async () => {
    const { hostname, port } = new URL(world.system.url);
    link = await TcpProxy.start({ target: { host: hostname, port: Number(port) } });
  });

  beforeEach(async () => {
    const [watcherId, friendId] = (await world.people(2)) as [string, string];
    watcher = await world.connected(watcherId, { socketUrl: `http://127.0.0.1:${link.port}` });
    friend = await world.connected(friendId);
    await world.group(watcher, [friendId]);
    seen = new SeenPresence(watcher);
    await seen.watch([friendId]);
    await seen.holds(friendId, 'online');
  });

  afterEach(() => link.heal());

  afterAll(async () => {
    await world.end();
    await link.stop();
  });

  const breakLink = async (): Promise<void> => {
    link.cut('reset');
    await until('the watcher is offline', () => watcher.client.state === 'offline');
  };
  const healLink = async (): Promise<void> => {
    link.heal();
    await until('the watcher is back', () => watcher.client.state === 'online');
  };
  const choose = (presenceVisibleTo: PresenceVisibility) => friend.client.users.update({ presenceVisibleTo });
  const mayBeSeen = (count: number) =>
    until(`${count} may be seen`, async () => (await snapshot(watcher, [friend.userId])).length === count);

  test('goes on by itself, and shows what changed meanwhile', async () => {
    await breakLink();
    friend.client.presence.report('idle');
    await until('the service knows it', async () => {
      const [presence] = await snapshot(watcher, [friend.userId]);
      return presence?.status === 'away';
    });
    expect(seen.statusesOf(friend.userId).at(-1)).toBe('online');
    await healLink();
    await seen.holds(friend.userId, 'away');
    friend.client.presence.report('active');
    await seen.holds(friend.userId, 'online');
    friend.client.close();
    await seen.holds(friend.userId, 'offline', 20_000);
  });

  test('ends where one may not see them any more, until one may again', async () => {
    const hidden: string[] = [];
    watcher.client.on('presenceHidden', ({ userId }) => hidden.push(userId));
    await choose('nobody');
    await until('they are hidden', () => hidden.length === 1);
    expect(hidden).toEqual([friend.userId]);
    expect(watcher.client.presence.of(friend.userId)).toBeUndefined();
    await choose('shared');
    await mayBeSeen(1);
    await watcher.client.presence.watch([friend.userId]);
    await seen.holds(friend.userId, 'online');
    friend.client.presence.report('idle');
    await seen.holds(friend.userId, 'away');
  });

  test('is of nobody who was let go', async () => {
    watcher.client.presence.unwatch([friend.userId]);
    await breakLink();
    await healLink();
    friend.client.presence.report('idle');
    await until('the service knows it', async () => {
      const [presence] = await snapshot(watcher, [friend.userId]);
      return presence?.status === 'away';
    });
    expect(watcher.client.presence.of(friend.userId)).toBeUndefined();
    expect(seen.statusesOf(friend.userId)).not.toContain('away');
  });
});
