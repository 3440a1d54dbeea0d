import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ClusterSystem, startClusterSystem } from '../harness/cluster-system.js';
import { untilMembershipsAgree } from '../harness/memberships.js';
import { World } from '../harness/world.js';

const checkout = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
const program = join(checkout, 'apps', 'message', 'dist', 'republish', 'main-republish.js');

describe('republish', () => {
  let system: ClusterSystem;
  let world: World;

  beforeAll(async () => {
    system = await startClusterSystem({ gateways: 1, messages: 1 });
    world = new World(system);
  }, 120_000);

  afterAll(async () => {
    await world.end();
    await system.stop();
  });

  const republish = async (...args: string[]): Promise<string> => {
    const env = {
      ...process.env,
      NODE_OPTIONS: '',
      DATABASE_URL: system.databaseUrl,
      KAFKA_BROKERS: system.cluster.kafka.addresses.join(','),
    };
    const { stdout } = await promisify(execFile)(process.execPath, [program, ...args], { env });
    return stdout;
  };

  test('fills what a service has lost, while people come and go', async () => {
    const [ada = '', ...others] = await world.people(30);
    const owner = await world.connected(ada);
    const group = await world.group(owner, others);
    for (const other of others.slice(0, 5)) await world.direct(owner, other);
    await untilMembershipsAgree(world.database);

    await world.database.query('DELETE FROM presence.members');
    const leaving = others
      .slice(0, 8)
      .map((userId) => owner.client.conversations.removeMember(group, userId));
    const [said] = await Promise.all([republish('--all'), ...leaving]);
    expect(said).toMatch(/^Done: 6 conversations with 40 rows of members, \d+ accounts\.$/m);
    await untilMembershipsAgree(world.database);

    await world.database.query('DELETE FROM presence.members WHERE conversation_id = $1', [group]);
    await republish('--conversation', group);
    await untilMembershipsAgree(world.database);
  });
});
