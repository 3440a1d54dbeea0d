import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { TcpProxy } from '@parley/cluster';
import { type ClusterSystem, startClusterSystem } from '../harness/cluster-system.js';
import { pause } from '../harness/conditions.js';
import { SeededRandom, seededRandom } from '../harness/random.js';
import { WritingPeople } from './load-under-faults.js';

describe('while people write', () => {
  const { seed } = seededRandom();
  let random: SeededRandom;
  let system: ClusterSystem;
  let people: WritingPeople;
  let link: TcpProxy;

  beforeAll(async () => {
    system = await startClusterSystem();
    link = await TcpProxy.start({ target: { host: '127.0.0.1', port: Number(new URL(system.url).port) } });
  }, 120_000);

  beforeEach(() => {
    random = new SeededRandom(seed);
  });

  afterEach(() => people.end());

  afterAll(async () => {
    await link.stop();
    await system.stop();
  });

  test('the link of all clients is cut again and again', async () => {
    people = await WritingPeople.start(system, random.seed, { socketUrl: `http://127.0.0.1:${link.port}` });
    for (let round = 0; round < 6; round += 1) {
      await pause(random.between(100, 1_500));
      link.cut(random.pick(['reset', 'silent'] as const));
      await pause(random.between(100, 4_000));
      link.heal();
      await people.flowAgain(40_000);
    }
    expect((await people.prove()).acked).toBeGreaterThan(100);
  });

  test('the link of all clients is silent for longer than a dead socket is kept', async () => {
    people = await WritingPeople.start(system, random.seed, { socketUrl: `http://127.0.0.1:${link.port}` });
    link.cut('silent');
    await pause(18_000);
    link.heal();
    await people.flowAgain(40_000);
    expect((await people.prove()).acked).toBeGreaterThan(50);
  });
});
