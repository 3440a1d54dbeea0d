import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { inboxTopic } from '@parley/contracts';
import type { SessionDirectory } from '../directory/session-directory.js';
import type { InstanceLog } from '../instances/instance-log.js';
import { ProcessLife } from '../process/process-life.js';
import { quiet } from '../testing/manual-time.js';
import { silentLog, userId, World } from '../testing/world.js';
import { LivenessObserver } from './liveness-observer.js';

const ada = userId(1);
let world: World;
let instances: InstanceLog;
let directory: SessionDirectory;
let observer: LivenessObserver;

beforeEach(async () => {
  world = await World.create();
  instances = await world.instanceLog();
  directory = await world.directory(instances);
  observer = new LivenessObserver({ bus: world.bus, instances, directory, log: silentLog }, world.pace);
});
afterEach(async () => {
  observer.stop();
  await world.close();
});

function process(slot: string, told: string[] = []): ProcessLife {
  const handlers = {
    onItems: () => undefined,
    onJump: () => undefined,
    onNewIncarnation: () => void told.push('new incarnation'),
    onSuperseded: () => void told.push('superseded'),
  };
  return new ProcessLife({ slot, service: 'gateway' }, world.bus, handlers, silentLog, world.pace);
}

async function ticks(): Promise<number> {
  return (await world.history()).filter(({ event }) => event === 'liveness.ticked').length;
}

describe('who goes silent', () => {
  test('is declared dead after four ticks, not before; its inbox is told and its sessions are swept', async () => {
    const incarnation = await world.start('gateway-0');
    await world.connect(ada, `gateway-0/${incarnation}/1`);
    observer.start();
    await world.time.pass(5_900);
    expect(await ticks()).toBe(3);
    expect(instances.isAlive('gateway-0', incarnation)).toBe(true);
    await world.time.pass(200);
    expect(await world.deaths()).toEqual([{ event: 'process.died', slot: 'gateway-0', incarnation }]);
    expect(directory.sessionsOf(ada)).toEqual([]);
    const [inboxEnd] = await world.memory.topics.endOffsets(inboxTopic('gateway-0').name);
    expect(inboxEnd).toBe(1);
    await world.time.pass(2_100);
    expect([...directory.orphans()]).toEqual([]);
    await world.time.pass(20_000);
    expect(await world.deaths()).toHaveLength(1);
  });

  test('lives as long as it beats between the ticks', async () => {
    const told: string[] = [];
    const life = process('gateway-0', told);
    await life.start();
    const other = process('message-0', told);
    await other.start();
    observer.start();
    await world.time.pass(60_000);
    expect(await ticks()).toBeGreaterThanOrEqual(30);
    expect(await world.deaths()).toEqual([]);
    expect(told).toEqual([]);
    await life.stop();
    await other.stop();
  });

  test('and comes back is told, and lives on under a new incarnation', async () => {
    const told: string[] = [];
    const life = process('gateway-0', told);
    const former = await life.start();
    observer.start();
    // It cannot hear itself for a while: its pings do not reach its inbox.
    world.publisher.lose(({ value }) => value?.startsWith('ping') ?? false);
    await world.time.pass(10_000);
    world.publisher.lose(() => false);
    expect(await world.deaths()).toHaveLength(1);
    expect(told).toEqual(['new incarnation']);
    expect(life.incarnation).toBeGreaterThan(former);
    await world.time.pass(30_000);
    expect(instances.isAlive('gateway-0', life.incarnation)).toBe(true);
    await life.stop();
  });

  test('is a matter of incarnations: the beats of a newer life in the slot do not keep the older one', async () => {
    const older = await world.start('gateway-0');
    await world.connect(ada, `gateway-0/${older}/1`);
    const newer = await world.start('gateway-0');
    observer.start();
    for (let n = 0; n < 8; n++) {
      await world.beat('gateway-0', newer);
      await world.time.pass(2_000);
    }
    expect(await world.deaths()).toEqual([]);
    expect([...directory.orphans()]).toEqual([]);
  });
});

describe('nobody dies', () => {
  test('while the broker stalls, nor when it comes back', async () => {
    const told: string[] = [];
    const life = process('gateway-0', told);
    await life.start();
    observer.start();
    await world.time.pass(4_000);
    world.publisher.stall();
    await world.time.pass(60_000);
    world.publisher.resume();
    await quiet();
    await world.time.pass(20_000);
    expect(await ticks()).toBeGreaterThan(5);
    expect(await world.deaths()).toEqual([]);
    expect(told).toEqual([]);
    await life.stop();
  });

  test('right after a stall: whoever was silent before it gets the time to find back', async () => {
    const incarnation = await world.start('gateway-0');
    observer.start();
    await world.time.pass(4_100);
    expect(await ticks()).toBe(3);
    world.publisher.stall();
    await world.time.pass(10_000);
    world.publisher.resume();
    await world.time.pass(3_000);
    expect(await world.deaths()).toEqual([]);
    await world.beat('gateway-0', incarnation);
    await world.time.pass(5_000);
    expect(await world.deaths()).toEqual([]);
  });

  test('while the broker refuses; the ticks go on when it takes records again', async () => {
    const life = process('gateway-0');
    await life.start();
    observer.start();
    world.publisher.refuse(true);
    await world.time.pass(60_000);
    world.publisher.refuse(false);
    const before = await ticks();
    await world.time.pass(10_000);
    expect(await ticks()).toBeGreaterThan(before + 2);
    expect(await world.deaths()).toEqual([]);
    await life.stop();
  });

  test('when the log jumps: the count starts anew', async () => {
    await world.start('gateway-0');
    observer.start();
    await world.time.pass(5_900);
    const [end] = await world.memory.topics.endOffsets('instances');
    await world.memory.publisher.publish([{ topic: 'instances', value: '{"lost":true}' }]);
    world.memory.dropBefore('instances', 0, (end ?? 0) + 1);
    await world.beat('gateway-0', 0);
    await world.time.pass(5_000);
    expect(await world.deaths()).toEqual([]);
    await world.time.pass(4_000);
    expect(await world.deaths()).toHaveLength(1);
  });

  test('by an observer that is not in office', async () => {
    await world.start('gateway-0');
    observer.start();
    await world.time.pass(3_000);
    observer.stop();
    await world.time.pass(20_000);
    expect(await world.deaths()).toEqual([]);
    observer.start();
    await world.time.pass(5_900);
    expect(await world.deaths()).toEqual([]);
    await world.time.pass(200);
    expect(await world.deaths()).toHaveLength(1);
  });
});

describe('sessions without a life', () => {
  test('of an incarnation that no record tells of are swept', async () => {
    await world.connect(ada, 'gateway-9/7/1');
    observer.start();
    await world.time.pass(2_100);
    expect([...directory.orphans()]).toEqual([]);
  });

  test('whose process only has to beat again after lost records are kept', async () => {
    const incarnation = await world.start('gateway-0');
    await world.connect(ada, `gateway-0/${incarnation}/1`);
    observer.start();
    await world.time.pass(3_000);
    const [end] = await world.memory.topics.endOffsets('instances');
    await world.memory.publisher.publish([{ topic: 'instances', value: '{"lost":true}' }]);
    world.memory.dropBefore('instances', 0, (end ?? 0) + 1);
    await world.time.pass(3_000);
    expect(directory.sessionsOf(ada)).toEqual([]);
    await world.beat('gateway-0', incarnation);
    await world.time.pass(3_000);
    expect(directory.sessionsOf(ada)).toHaveLength(1);
  });
});

test('two observers at once say the same', async () => {
  const incarnation = await world.start('gateway-0');
  await world.connect(ada, `gateway-0/${incarnation}/1`);
  const second = new LivenessObserver({ bus: world.bus, instances, directory, log: silentLog }, world.pace);
  observer.start();
  second.start();
  await world.time.pass(12_000);
  expect(new Set((await world.deaths()).map((death) => JSON.stringify(death))).size).toBe(1);
  expect([...directory.orphans()]).toEqual([]);
  second.stop();
});
