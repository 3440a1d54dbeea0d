import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type ClusterSystem, startClusterSystem } from '../harness/cluster-system.js';
import { pause } from '../harness/conditions.js';
import { SeededRandom, seededRandom } from '../harness/random.js';
import { WritingPeople } from './load-under-faults.js';
import { drawSchedule } from './schedule.js';

describe('while people write', () => {
  const { seed } = seededRandom();
  let random: SeededRandom;
  let system: ClusterSystem;
  let people: WritingPeople;

  beforeAll(async () => {
    system = await startClusterSystem();
  }, 120_000);

  beforeEach(() => {
    random = new SeededRandom(seed);
  });

  afterEach(() => people.end());
  afterAll(() => system.stop());

  test('gateways and message services are killed at random moments', async () => {
    const { gateways, messages } = system.cluster;
    const schedule = drawSchedule(random, {
      kinds: ['gateway', 'message'],
      count: 8,
      processes: 2,
      afterMs: [200, 3_000],
      awayMs: [0, 4_000],
    });
    people = await WritingPeople.start(system, random.seed);
    for (const { kind, which, afterMs, awayMs } of schedule) {
      await pause(afterMs);
      const service = (kind === 'gateway' ? gateways : messages)[which];
      await service?.kill('SIGKILL');
      await pause(awayMs);
      await service?.restart();
      await people.flowAgain(20_000);
    }
    expect((await people.prove()).acked).toBeGreaterThan(200);
  });

  test('all message services are killed at once', async () => {
    const { messages } = system.cluster;
    people = await WritingPeople.start(system, random.seed);
    await Promise.all(messages.map((service) => service.kill('SIGKILL')));
    await pause(2_000);
    await Promise.all(messages.map((service) => service.restart()));
    await people.flowAgain(30_000);
    expect((await people.prove()).acked).toBeGreaterThan(50);
  });

  test.each([0, 1])('message-%d is stopped for 15 s and goes on after the other took over', async (which) => {
    const zombie = system.cluster.messages[which];
    people = await WritingPeople.start(system, random.seed);
    await zombie?.kill('SIGSTOP');
    const stopped = Date.now();
    await people.flowAgain(14_000);
    await pause(stopped + 15_000 - Date.now());
    await zombie?.kill('SIGCONT');
    await people.flowAgain(20_000);
    await people.flowAgain(20_000);
    expect((await people.prove()).acked).toBeGreaterThan(100);
  });

  test('a gateway is stopped for 15 s, declared dead, and goes on', async () => {
    const [zombie] = system.cluster.gateways;
    people = await WritingPeople.start(system, random.seed);
    await zombie?.kill('SIGSTOP');
    await pause(15_000);
    await zombie?.kill('SIGCONT');
    await people.flowAgain(20_000);
    await people.flowAgain(20_000);
    expect((await people.prove()).acked).toBeGreaterThan(100);
  });

  test('services are replaced one after the other, as in a rolling update', async () => {
    const { gateways, messages } = system.cluster;
    people = await WritingPeople.start(system, random.seed);
    for (const service of [...messages, ...gateways]) {
      await service.stop();
      await service.restart();
      await people.flowAgain(20_000);
    }
    expect((await people.prove()).acked).toBeGreaterThan(100);
  });
});
