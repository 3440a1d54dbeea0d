import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { untilMembershipsAgree } from '../harness/memberships.js';
import { StandaloneSystem } from '../harness/standalone-system.js';
import { World } from '../harness/world.js';

describe('standalone', () => {
  let system: StandaloneSystem;
  let world: World;

  beforeAll(async () => {
    system = await StandaloneSystem.start();
    world = new World(system);
  }, 60_000);

  afterAll(async () => {
    await world.end();
    await system.stop();
  });

  test('tells after a crash what a projection had not read when the log died', async () => {
    const [ada = '', grace = '', linus = ''] = await world.people(3);
    const owner = await world.connected(ada);
    const group = await world.group(owner, [grace, linus]);
    await owner.client.conversations.removeMember(group, linus);
    await world.direct(owner, grace);
    await untilMembershipsAgree(world.database);

    await system.kill();
    // As if the last it read was that linus joined. PostgreSQL was left behind by the kill.
    await world.database.query('DELETE FROM presence.members WHERE user_id = $1', [grace]);
    const [stale] = await world.database.query<{ userId: string }>(
      `UPDATE presence.members SET left_version = NULL WHERE user_id = $1 RETURNING user_id AS "userId"`,
      [linus],
    );
    expect(stale).toEqual({ userId: linus });
    await system.launch();
    await untilMembershipsAgree(world.database);
  });
});
