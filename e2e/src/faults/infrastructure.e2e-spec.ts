import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type ClusterSystem, startClusterSystem } from '../harness/cluster-system.js';
import { pause } from '../harness/conditions.js';
import { SeededRandom, seededRandom } from '../harness/random.js';
import { WritingPeople } from './load-under-faults.js';

describe('while people write', () => {
  const { seed } = seededRandom();
  let random: SeededRandom;
  let system: ClusterSystem;
  let people: WritingPeople;

  beforeAll(async () => {
    system = await startClusterSystem({ cuttable: ['gateway-0', 'message-0'] });
  }, 120_000);

  beforeEach(() => {
    random = new SeededRandom(seed);
  });

  afterEach(() => people.end());
  afterAll(() => system.stop());

  test('the broker is killed and comes back', async () => {
    const [broker] = system.cluster.kafka.brokers;
    people = await WritingPeople.start(system, random.seed);
    for (let round = 0; round < 2; round += 1) {
      await pause(random.between(500, 2_000));
      await broker?.kill('SIGKILL');
      await pause(random.between(0, 4_000));
      await broker?.start();
      await broker?.ready(1);
      await people.flowAgain(40_000);
    }
    expect((await people.prove()).acked).toBeGreaterThan(100);
  });

  test('PostgreSQL is killed and recovers', async () => {
    const { database } = system.cluster;
    people = await WritingPeople.start(system, random.seed);
    for (let round = 0; round < 3; round += 1) {
      await pause(random.between(500, 2_000));
      await database.kill();
      await pause(random.between(0, 6_000));
      await database.restart();
      await people.flowAgain(30_000);
    }
    expect((await people.prove()).acked).toBeGreaterThan(100);
  });

  test('the links of one message service are cut, to the broker and to the database', async () => {
    const { kafka, postgres } = system.cluster.links('message-0');
    people = await WritingPeople.start(system, random.seed);
    for (const link of [kafka, postgres]) {
      for (const kind of ['reset', 'silent'] as const) {
        link?.cut(kind);
        await pause(random.between(4_000, 12_000));
        link?.heal();
        await people.flowAgain(40_000);
      }
    }
    expect((await people.prove()).acked).toBeGreaterThan(100);
  });

  test('the link of one gateway to the broker is cut', async () => {
    const { kafka } = system.cluster.links('gateway-0');
    people = await WritingPeople.start(system, random.seed);
    for (const kind of ['reset', 'silent'] as const) {
      kafka.cut(kind);
      await pause(random.between(4_000, 12_000));
      kafka.heal();
      await people.flowAgain(40_000);
      await people.flowAgain(40_000);
    }
    expect((await people.prove()).acked).toBeGreaterThan(100);
  });
});
