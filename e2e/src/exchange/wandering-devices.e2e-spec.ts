import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Member } from '@parley/contracts';
import { Load } from '../harness/load.js';
import { type LoggedDevice } from '../harness/logged-device.js';
import { SeededRandom, seededRandom } from '../harness/random.js';
import { runningSystem } from '../harness/running-system.js';
import { expectNoViolations } from '../harness/verdict.js';
import { WanderingDevice } from '../harness/wandering-device.js';
import { World } from '../harness/world.js';

describe('devices that come and go', () => {
  const world = new World(runningSystem());
  const { seed } = seededRandom();
  const wanderers: WanderingDevice[] = [];
  const people: string[] = [];
  let host: LoggedDevice;
  let groups: string[];

  beforeAll(async () => {
    people.push(...(await world.people(4)));
    const [hostId, ...others] = people as [string, ...string[]];
    host = await world.connected(hostId, { receipts: 'auto' });
    for (const userId of [...others, ...others, hostId]) {
      wanderers.push(await WanderingDevice.connected(world, userId, { receipts: 'auto' }));
    }
    groups = [await world.group(host, others), await world.group(host, others, 'another')];
  });

  afterAll(() => world.end());

  /** Takes people out of the groups and back in, for as long as there is load. */
  async function rounds(random: SeededRandom, load: Load, count: number): Promise<void> {
    for (let round = 0; round < count; round += 1) {
      const conversationId = random.pick(groups);
      const userId = random.pick(people.slice(1));
      const { members } = (await host.client.conversations.removeMember(conversationId, userId)) as {
        members: Member[];
      };
      for (const { userId: subject, joinedVersion, leftVersion, visibleFromSeq } of members) {
        if (leftVersion === null) continue;
        const ended = { subject, joinedVersion, leftVersion, visibleFromSeq };
        host.log.record({ kind: 'membership-ended', conversationId, ...ended });
      }
      await load.flowing(random.between(10, 40), 30_000);
      await host.client.conversations.addMembers(conversationId, [userId]);
      await load.flowing(random.between(10, 40), 30_000);
    }
  }

  test('agree on everything in the end: messages, reactions, marks, and what is unread', async () => {
    const devices = [host, ...wanderers];
    const parts = { edits: 0.08, deletions: 0.04, reactions: 0.08, replies: 0.1, reads: 0.15 };
    const random = new SeededRandom(seed);
    const load = new Load({
      devices,
      conversations: groups,
      random,
      ratePerDevice: 4,
      impatient: true,
      ...parts,
    });
    wanderers.forEach((device, index) => device.wander(new SeededRandom(seed + 1 + index)));
    await load.flowing(100, 30_000);
    await rounds(random, load, 6);
    await Promise.all(wanderers.map((device) => device.settle()));
    await load.stop();
    const verdict = await world.prove();
    await expectNoViolations(verdict);
    expect(wanderers.reduce((sum, { outages, restarts }) => sum + outages + restarts, 0)).toBeGreaterThan(7);
    expect(verdict.checked.acked).toBeGreaterThan(150);
    expect(verdict.checked.marks).toBeGreaterThan(100);
    expect(verdict.checked.unreadCounts).toBeGreaterThan(people.length);
  }, 150_000);
});
