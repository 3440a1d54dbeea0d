import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { topics } from '@parley/contracts';
import type { Jump } from '@parley/event-bus';
import { SessionAnnouncer } from '../announcing/session-announcer.js';
import type { InstanceLog } from '../instances/instance-log.js';
import { quiet } from '../testing/manual-time.js';
import { silentLog, userId, World } from '../testing/world.js';
import { SessionDirectory } from './session-directory.js';

const [ada, grace, linus] = [userId(1), userId(2), userId(3)] as const;
let world: World;
let instances: InstanceLog;

beforeEach(async () => {
  world = await World.create();
  instances = await world.instanceLog();
});
afterEach(() => world.close());

/** The session ids of a user, in the order of the directory. */
function idsOf(directory: SessionDirectory, user: string): string[] {
  return directory.sessionsOf(user).map(({ life, counter }) => `${life.slot}/${life.incarnation}/${counter}`);
}

describe('the directory', () => {
  test('knows after its replay what was written before, live and dead told apart', async () => {
    const dead = await world.start('gateway-0');
    await world.connect(ada, `gateway-0/${dead}/1`);
    const alive = await world.start('gateway-0');
    await world.connect(ada, `gateway-0/${alive}/1`);
    await world.connect(ada, `gateway-0/${alive}/2`);
    await world.disconnect(ada, `gateway-0/${alive}/2`);
    await world.connect(grace, `gateway-0/${dead}/2`);
    await world.connect(linus, 'gateway-9/7/1');
    const directory = await world.directory(instances);
    expect(idsOf(directory, ada)).toEqual([`gateway-0/${alive}/1`]);
    expect(directory.sessionsOf(grace)).toEqual([]);
    expect(directory.sessionsOf(linus)).toEqual([]);
    expect([...directory.orphans()].map((orphan) => orphan.userId).sort()).toEqual([ada, grace, linus]);
  });

  test('follows connects, state and disconnects', async () => {
    const directory = await world.directory(instances);
    const life = await world.start('gateway-0');
    await world.connect(ada, `gateway-0/${life}/1`);
    await world.connect(ada, `gateway-0/${life}/2`);
    await world.connect(ada, `gateway-0/${life}/1`, 'idle');
    expect(directory.sessionsOf(ada).map(({ counter, state }) => [counter, state])).toEqual([
      [2, 'active'],
      [1, 'idle'],
    ]);
    await world.disconnect(ada, `gateway-0/${life}/1`);
    await world.disconnect(ada, `gateway-0/${life}/2`);
    expect(directory.sessionsOf(ada)).toEqual([]);
  });

  test('tells how somebody came and went', async () => {
    const directory = await world.directory(instances);
    const changes: string[] = [];
    directory.onUserChanged((user, change) => void changes.push(`${user.at(-1)} ${change}`));
    const life = await world.start('gateway-0');
    await world.connect(ada, `gateway-0/${life}/1`);
    await world.connect(grace, `gateway-0/${life}/2`);
    await world.connect(linus, `gateway-0/${life}/3`);
    expect([...directory.userIds()].sort()).toEqual([ada, grace, linus]);
    await world.disconnect(ada, `gateway-0/${life}/1`);
    const announcer = new SessionAnnouncer(world.publisher, silentLog, world.time);
    announcer.lose({
      sessionId: `gateway-0/${life}/2`,
      userId: grace,
      deviceId: userId(99),
      state: 'active',
      connectedAt: new Date().toISOString(),
    });
    await announcer.written();
    await quiet();
    await world.write({ event: 'process.died', slot: 'gateway-0', incarnation: life });
    const came = ['1 announced', '2 announced', '3 announced'];
    expect(changes).toEqual([...came, '1 ended', '2 lost', '3 died']);
    expect([...directory.orphans()]).toHaveLength(1);
  });

  test('changes list and revision with a change only', async () => {
    const directory = await world.directory(instances);
    const life = await world.start('gateway-0');
    const changed: string[] = [];
    directory.onUserChanged((user) => void changed.push(user));
    await world.connect(ada, `gateway-0/${life}/1`);
    const list = directory.sessionsOf(ada);
    const { revision } = directory;
    await world.connect(ada, `gateway-0/${life}/1`);
    expect(directory.sessionsOf(ada)).toBe(list);
    expect(directory.revision).toBe(revision);
    await world.connect(grace, `gateway-0/${life}/2`);
    expect(directory.sessionsOf(ada)).toBe(list);
    expect(directory.revision).toBeGreaterThan(revision);
    expect(changed).toEqual([ada, grace]);
    expect(directory.sessionsOf(grace)[0]?.life).toBe(list[0]?.life);
  });

  test('drops all sessions of an incarnation that ends, and only these', async () => {
    const directory = await world.directory(instances);
    const [first, second] = [await world.start('gateway-0'), await world.start('gateway-1')];
    await world.connect(ada, `gateway-0/${first}/1`);
    await world.connect(ada, `gateway-1/${second}/1`);
    await world.connect(grace, `gateway-0/${first}/2`);
    const changed: string[] = [];
    directory.onUserChanged((user) => void changed.push(user));
    await world.write({ event: 'process.died', slot: 'gateway-0', incarnation: first });
    expect(idsOf(directory, ada)).toEqual([`gateway-1/${second}/1`]);
    expect(directory.sessionsOf(grace)).toEqual([]);
    expect(changed.sort()).toEqual([ada, grace]);
    // A zombie goes on announcing: nobody believes it.
    await world.connect(linus, `gateway-0/${first}/3`);
    expect(directory.sessionsOf(linus)).toEqual([]);
  });

  test('counts sessions of a restart in the same slot, and no tombstone of the former life takes them away', async () => {
    const directory = await world.directory(instances);
    const first = await world.start('gateway-0');
    await world.connect(ada, `gateway-0/${first}/1`);
    const second = await world.start('gateway-0');
    await world.connect(ada, `gateway-0/${second}/1`);
    await world.disconnect(ada, `gateway-0/${first}/1`);
    expect(idsOf(directory, ada)).toEqual([`gateway-0/${second}/1`]);
    expect([...directory.orphans()]).toEqual([]);
  });

  test('believes sessions that it reads before the start of their incarnation', async () => {
    const directory = await world.directory(instances);
    const next = (await world.start('gateway-1')) + 1;
    await world.connect(ada, `gateway-0/${next}/1`);
    await world.connect(grace, `gateway-0/${next}/2`);
    await world.disconnect(grace, `gateway-0/${next}/2`);
    expect(directory.sessionsOf(ada)).toEqual([]);
    expect(await world.start('gateway-0')).toBe(next);
    expect(idsOf(directory, ada)).toEqual([`gateway-0/${next}/1`]);
    expect(directory.sessionsOf(grace)).toEqual([]);
  });

  test('passes over what it cannot read', async () => {
    const directory = await world.directory(instances);
    const life = await world.start('gateway-0');
    await world.memory.publisher.publish([
      { topic: topics.sessions.name, key: `${ada}/gateway-0/${life}/1`, partitionBy: ada, value: '{' },
      { topic: topics.sessions.name, key: 'nonsense', partitionBy: ada, value: '{}' },
    ]);
    await world.connect(ada, `gateway-0/${life}/2`);
    expect(idsOf(directory, ada)).toEqual([`gateway-0/${life}/2`]);
  });
});

describe('the directory is built anew', () => {
  test('when records are lost: what ended meanwhile is gone, and told', async () => {
    const jumps: ((jump: Jump) => void)[] = [];
    const losing = {
      topics: world.bus.topics,
      reader: {
        follow: (options: Parameters<typeof world.bus.reader.follow>[0]) => {
          if (options.onJump) jumps.push(options.onJump);
          // This one hears nothing after its start, as if it had been away.
          const first = jumps.length === 1;
          let passed = false;
          const onRecords: typeof options.onRecords = (records) => {
            if (!first || !passed) return options.onRecords(records);
          };
          return world.bus.reader.follow({ ...options, onRecords }).then((following) => {
            void following.caughtUp.then(() => (passed = true));
            return following;
          });
        },
      },
    };
    const life = await world.start('gateway-0');
    await world.connect(ada, `gateway-0/${life}/1`);
    const directory = new SessionDirectory(losing, instances, silentLog);
    await directory.start();
    await world.disconnect(ada, `gateway-0/${life}/1`);
    await world.connect(grace, `gateway-0/${life}/2`);
    expect(directory.sessionsOf(ada)).toHaveLength(1);
    const changed: string[] = [];
    directory.onUserChanged((user) => void changed.push(user));
    jumps[0]?.({ topic: 'sessions', partition: 0, expectedOffset: 1, foundOffset: 2 });
    await quiet();
    expect(directory.sessionsOf(ada)).toEqual([]);
    expect(idsOf(directory, grace)).toEqual([`gateway-0/${life}/2`]);
    expect(changed.sort()).toEqual([ada, grace]);
    await world.write({ event: 'process.died', slot: 'gateway-0', incarnation: life });
    expect(directory.sessionsOf(grace)).toEqual([]);
  });

  test('from the beginning, when records are lost while it is read', async () => {
    const jumps: ((jump: Jump) => void)[] = [];
    let readOn: () => void = () => undefined;
    const readThrough = new Promise<void>((resolve) => (readOn = resolve));
    const losing = {
      topics: world.bus.topics,
      reader: {
        follow: async (options: Parameters<typeof world.bus.reader.follow>[0]) => {
          if (options.onJump) jumps.push(options.onJump);
          if (jumps.length !== 2) return world.bus.reader.follow(options);
          // This one is handed nothing, and takes until the test says so.
          const following = await world.bus.reader.follow({ ...options, onRecords: () => undefined });
          return {
            position: (topic: string, partition: number) => following.position(topic, partition),
            stop: () => following.stop(),
            caughtUp: readThrough,
          };
        },
      },
    };
    const life = await world.start('gateway-0');
    await world.connect(ada, `gateway-0/${life}/1`);
    const directory = new SessionDirectory(losing, instances, silentLog);
    await directory.start();
    const jump = { topic: 'sessions', partition: 0, expectedOffset: 1, foundOffset: 2 };
    jumps[0]?.(jump);
    await quiet();
    jumps[1]?.(jump);
    readOn();
    await quiet();
    expect(idsOf(directory, ada)).toEqual([`gateway-0/${life}/1`]);
    expect(jumps).toHaveLength(3);
    // The ones before are heard no more.
    jumps[0]?.(jump);
    jumps[1]?.(jump);
    await world.connect(grace, `gateway-0/${life}/2`);
    expect(idsOf(directory, grace)).toEqual([`gateway-0/${life}/2`]);
    expect(jumps).toHaveLength(3);
  });
});
