import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type ClusterSystem, startClusterSystem } from '../harness/cluster-system.js';
import { pause, until } from '../harness/conditions.js';
import { type LoggedDevice } from '../harness/logged-device.js';
import { SeenPresence, snapshot } from '../harness/presence.js';
import { World } from '../harness/world.js';

/** Of presence, whatever has died. */
const OFFLINE_WITHIN_MS = 20_000;
const RIGHT_WITHIN_MS = 30_000;

describe('while people are watched', () => {
  let system: ClusterSystem;
  let world: World;
  let watcher: LoggedDevice;
  let friends: string[];
  let conversationId: string;
  let seen: SeenPresence;

  beforeAll(async () => {
    system = await startClusterSystem();
  }, 120_000);

  beforeEach(async () => {
    world = new World(system);
    const [watcherId, ...others] = (await world.people(4)) as [string, ...string[]];
    friends = others;
    watcher = await world.connected(watcherId, { socketUrl: system.gatewayUrls[1] ?? '' });
    conversationId = await world.group(watcher, friends);
    seen = new SeenPresence(watcher);
    await seen.watch(friends);
  });

  afterEach(() => world.end());
  afterAll(() => system.stop());

  /** A device that knows of one gateway only. */
  const at = (gateway: number, userId: string): Promise<LoggedDevice> =>
    world.connected(userId, { socketUrl: system.gatewayUrls[gateway] ?? '' });

  test('a gateway is killed: its people are offline soon, and those who are elsewhere too are not', async () => {
    const [gone, both] = friends as [string, string];
    await Promise.all([at(0, gone), at(0, both), at(1, both)]);
    await Promise.all([seen.holds(gone, 'online'), seen.holds(both, 'online')]);
    const [gateway] = system.cluster.gateways;
    await gateway?.kill('SIGKILL');
    await seen.holds(gone, 'offline', OFFLINE_WITHIN_MS);
    expect(seen.statusesOf(both)).toEqual(['offline', 'online']);
    await gateway?.restart();
    await seen.holds(gone, 'online', RIGHT_WITHIN_MS);
  });

  test('presence is killed: messages go on, and it is right again soon after its start', async () => {
    const [leaves, comes, stays] = friends as [string, string, string];
    const leaving = await at(0, leaves);
    await at(0, stays);
    await Promise.all([seen.holds(leaves, 'online'), seen.holds(stays, 'online')]);
    const [presence] = system.cluster.presences;
    await presence?.kill('SIGKILL');
    leaving.client.close();
    await at(1, comes);
    const { message } = await watcher.client.send(conversationId, 'nobody needs to know who is online');
    expect(message.seq).toBe(1);
    await presence?.start();
    await Promise.all([
      seen.holds(leaves, 'offline', RIGHT_WITHIN_MS),
      seen.holds(comes, 'online', RIGHT_WITHIN_MS),
    ]);
    expect(seen.statusesOf(stays)).toEqual(['offline', 'online']);
    const statuses = await until('the snapshot is answered', async () => snapshot(watcher, friends));
    expect(statuses.map(({ userId, status }) => [userId, status]).sort()).toEqual(
      [
        [leaves, 'offline'],
        [comes, 'online'],
        [stays, 'online'],
      ].sort(),
    );
  });

  test('the broker is stopped for 10 s: nobody goes offline', async () => {
    const [first, second, later] = friends as [string, string, string];
    await Promise.all([at(0, first), at(1, second)]);
    await Promise.all([seen.holds(first, 'online'), seen.holds(second, 'online')]);
    const [broker] = system.cluster.kafka.brokers;
    await broker?.kill('SIGSTOP');
    await pause(10_000);
    await broker?.kill('SIGCONT');
    await at(0, later);
    await seen.holds(later, 'online', RIGHT_WITHIN_MS);
    // As long as it takes to find somebody dead, and longer than somebody may take to come back.
    await pause(OFFLINE_WITHIN_MS);
    for (const friend of [first, second]) expect(seen.statusesOf(friend)).toEqual(['offline', 'online']);
  });
});
