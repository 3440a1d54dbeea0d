import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { inboxTopic } from '@parley/contracts';
import { encodeDelivery, encodeDied, encodePing, encodeReply } from '@parley/contracts/inbox';
import { quiet } from '../testing/manual-time.js';
import { silentLog, World } from '../testing/world.js';
import { type InboxMessage, ProcessLife } from './process-life.js';

const slot = 'gateway-0';
let world: World;
let told: string[];
let items: InboxMessage[];

beforeEach(async () => {
  world = await World.create();
  told = [];
  items = [];
});
afterEach(() => world.close());

function process(name = 'first', afterItems: () => void = () => undefined): ProcessLife {
  const handlers = {
    onItems: (batch: readonly InboxMessage[]) => {
      items.push(...batch);
      afterItems();
    },
    onJump: () => void told.push(`${name} jumped`),
    onNewIncarnation: (current: number, former: number) => void told.push(`${name} ${former} → ${current}`),
    onSuperseded: () => void told.push(`${name} superseded`),
  };
  return new ProcessLife({ slot, service: 'gateway' }, world.bus, handlers, silentLog, world.pace);
}

async function send(...values: string[]): Promise<void> {
  await world.memory.publisher.publish(values.map((value) => ({ topic: inboxTopic(slot).name, value })));
  await quiet();
}

async function beats(): Promise<number> {
  return (await world.history()).filter(({ event }) => event === 'process.beat').length;
}

describe('a process', () => {
  test('starts, beats once per period, and says goodbye', async () => {
    const life = process();
    const incarnation = await life.start();
    await world.time.pass(6_000);
    expect(await beats()).toBeGreaterThanOrEqual(3);
    await life.stop();
    const history = await world.history();
    expect(history[incarnation]).toMatchObject({ event: 'process.started', slot });
    expect(history.at(-1)).toEqual({ event: 'process.stopped', slot, incarnation });
    expect(told).toEqual([]);
  });

  test('does not beat when it cannot hear itself', async () => {
    const life = process();
    await life.start();
    await world.time.pass(2_000);
    const before = await beats();
    expect(before).toBeGreaterThan(0);
    // Its pings are swallowed on their way to the inbox; other topics work.
    world.publisher.lose(({ value }) => value?.startsWith('ping') ?? false);
    await world.time.pass(20_000);
    expect(await beats()).toBe(before);
    world.publisher.lose(() => false);
    await world.time.pass(4_000);
    expect(await beats()).toBeGreaterThan(before);
    await life.stop();
  });

  test('keeps trying while nothing can be published, its start included', async () => {
    world.publisher.refuse(true);
    const life = process();
    const started = life.start();
    await world.time.pass(10_000);
    world.publisher.refuse(false);
    await world.time.pass(2_000);
    await started;
    world.publisher.refuse(true);
    await world.time.pass(10_000);
    const before = await beats();
    world.publisher.refuse(false);
    await world.time.pass(4_000);
    expect(await beats()).toBeGreaterThan(before);
    expect(told).toEqual([]);
    await life.stop();
  });

  test('gets the items for its incarnation in order, and no others', async () => {
    await world.bus.topics.ensure([inboxTopic(slot)]);
    await send(encodeReply(0, 1, '"before"'));
    const life = process();
    const own = await life.start();
    await send(
      encodeReply(own, 7, '{"ok":true}'),
      'nonsense',
      encodeReply(own + 1_000, 8, '{}'),
      encodeDelivery(own, '[1,2]', null, 'message.created', '{"version":3}'),
    );
    expect(items.map(({ kind }) => kind)).toEqual(['reply', 'deliver']);
    await life.stop();
  });

  test('tells of lost items', async () => {
    const life = process();
    const own = await life.start();
    await world.time.pass(2_000);
    const { publish } = world.memory.publisher;
    const inbox = inboxTopic(slot).name;
    // Both happen before the follower has its turn.
    await publish.call(world.memory.publisher, [{ topic: inbox, value: encodeReply(own, 1, '1') }]);
    const [end] = await world.memory.topics.endOffsets(inbox);
    world.memory.dropBefore(inbox, 0, end ?? 0);
    await publish.call(world.memory.publisher, [{ topic: inbox, value: encodeReply(own, 2, '2') }]);
    await quiet();
    expect(told).toEqual(['first jumped']);
    expect(items).toMatchObject([{ request: 2 }]);
    await life.stop();
  });
});

describe('items that a process cannot use are told as lost, once per read', () => {
  test('because they are unreadable', async () => {
    const life = process();
    const own = await life.start();
    await send('nonsense', encodeReply(own, 1, '{}'), 'more nonsense');
    expect(items).toHaveLength(1);
    expect(told).toEqual(['first jumped']);
    await life.stop();
  });

  test('because their handler throws, and those that follow are handed over', async () => {
    const life = process('first', () => {
      if (items.length === 1) throw new Error('not these');
    });
    const own = await life.start();
    await send(encodeReply(own, 1, '{}'));
    expect(told).toEqual(['first jumped']);
    await send(encodeReply(own, 2, '{}'));
    expect(items).toHaveLength(2);
    expect(told).toEqual(['first jumped']);
    await life.stop();
  });
});

describe('a process that was declared dead', () => {
  test('takes a new incarnation once, however often it is told, and still hears what is sent to the former', async () => {
    const life = process();
    const former = await life.start();
    await world.write({ event: 'process.died', slot, incarnation: former });
    await send(encodeDied(former));
    await world.time.pass(4_000);
    const current = life.incarnation;
    expect(current).toBeGreaterThan(former);
    expect(told).toEqual([`first ${former} → ${current}`]);
    expect((await world.history()).filter(({ event }) => event === 'process.started')).toHaveLength(2);
    await send(encodeReply(former, 1, '1'), encodeReply(current, 2, '2'));
    expect(items).toHaveLength(2);
    await life.stop();
  });

  test('finds it in its inbox alone, too', async () => {
    const life = process();
    const former = await life.start();
    await send(encodeDied(former));
    await quiet();
    expect(life.incarnation).toBeGreaterThan(former);
    await life.stop();
  });

  test('is not concerned by the death of an earlier life in its slot', async () => {
    const earlier = await world.start(slot);
    const life = process();
    const own = await life.start();
    await send(encodeDied(earlier), encodePing(earlier, 1));
    await world.write({ event: 'process.died', slot, incarnation: earlier });
    await world.time.pass(4_000);
    expect(life.incarnation).toBe(own);
    expect(told).toEqual([]);
    await life.stop();
  });
});

describe('two processes in one slot', () => {
  test('the older one ends when it reads the start of the newer', async () => {
    const [older, newer] = [process('older'), process('newer')];
    const former = await older.start();
    const current = await newer.start();
    await world.time.pass(10_000);
    expect(told).toEqual(['older superseded']);
    expect(newer.incarnation).toBe(current);
    await older.stop();
    const stopped = (await world.history()).filter(({ event }) => event === 'process.stopped');
    expect(stopped).toEqual([]);
    expect(former).toBeLessThan(current);
    await newer.stop();
  });

  test('the older one ends when it reads a ping of the newer', async () => {
    const life = process('older');
    const own = await life.start();
    await send(encodePing(own + 5, 1), encodeReply(own, 1, '{}'));
    expect(told).toEqual(['older superseded']);
    expect(items).toEqual([]);
    await life.stop();
  });

  test('a zombie that finds its death and a newer life in its slot ends, and does not come back', async () => {
    const zombie = process('zombie');
    const own = await zombie.start();
    // It was stopped for long; what came meanwhile it reads all at once, its inbox first.
    void send(encodeDied(own));
    await world.write({ event: 'process.died', slot, incarnation: own });
    await world.start(slot);
    await world.time.pass(10_000);
    expect(told.at(-1)).toBe('zombie superseded');
    await zombie.stop();
  });
});

test('a start that seemed to fail and was written later is taken as a new incarnation', async () => {
  const life = process();
  const first = await life.start();
  const start = (await world.history())[first];
  if (start?.event !== 'process.started') throw new Error('no start');
  const second = await world.write(start);
  expect(life.incarnation).toBe(second);
  expect(told).toEqual([`first ${first} → ${second}`]);
  await life.stop();
});
