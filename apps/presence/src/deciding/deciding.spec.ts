import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type SessionRecord, timing } from '@parley/contracts';
import { createPool } from '@parley/database';
import { randomUUID } from 'node:crypto';
import { type Pool } from 'pg';
import { DecidingProcess } from '../testing/deciding-process.js';
import { People } from '../testing/people.js';
import { TestDatabase } from '../testing/test-database.js';

let database: TestDatabase;
let pool: Pool;
let people: People;
let process: DecidingProcess;
let gateway: number;
let ada: string;

beforeAll(async () => {
  database = await TestDatabase.start();
  pool = createPool({ url: database.url, applicationName: 'spec', onIdleError: () => undefined });
});

afterAll(async () => {
  await pool?.end();
  await database?.stop();
});

beforeEach(async () => {
  ada = randomUUID();
  people = await People.create();
  gateway = await people.startGateway('gateway-0');
  process = await new DecidingProcess(people.bus, pool).start();
});

afterEach(async () => {
  await process.stop();
  await people.bus.close();
});

const connect = (userId = ada): Promise<SessionRecord> => people.connect(userId, 'gateway-0', gateway);
/** Lets what was written be read, and what follows from it happen. */
const quiet = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};
/** Resolves when a statement is under way, with what lets it go on. */
const holdNextWrite = (): Promise<() => void> => {
  const write = process.store.write.bind(process.store);
  return new Promise((underWay) => {
    process.store.write = async (...args) => {
      process.store.write = write;
      await new Promise<void>((resolve) => {
        underWay(resolve);
      });
      return write(...args);
    };
  });
};
/** Resolves when a statement about somebody else is under way, with what lets it go on. */
const whileAnotherIsStored = async (): Promise<() => void> => {
  const storing = holdNextWrite();
  await connect(randomUUID());
  return storing;
};
/** Somebody else comes: whatever was decided before is published by then. */
const roundOver = async (): Promise<void> => {
  await quiet();
  const witness = randomUUID();
  await connect(witness);
  await people.told(witness, 'online');
};

describe('a person', () => {
  test('is online with the first device, and told once', async () => {
    await connect();
    const online = await people.told(ada, 'online');
    expect(online).toMatchObject({ userId: ada, version: 1 });
    expect(online.lastActiveAt).toMatch(/Z$/);
    await connect();
    await roundOver();
    expect(people.statusesOf(ada)).toEqual(['online']);
    expect(await process.store.find([ada])).toEqual([online]);
  });

  test('is away when no device is in use, and online again when one is', async () => {
    const [phone, laptop] = [await connect(), await connect()];
    await people.told(ada, 'online');
    await people.announce({ ...phone, state: 'idle' });
    await roundOver();
    expect(people.statusesOf(ada)).toEqual(['online']);
    await people.announce({ ...laptop, state: 'idle' });
    await people.told(ada, 'away');
    await people.announce({ ...phone, state: 'active' });
    const back = await people.told(ada, 'online');
    expect(back.version).toBe(3);
  });

  test('is offline some time after the last device left, with the time at which it did', async () => {
    const [phone, laptop] = [await connect(), await connect()];
    const online = await people.told(ada, 'online');
    await people.disconnect(phone);
    await people.disconnect(laptop);
    await quiet();
    process.time.pass(timing.offlineAfterMs - 1);
    await roundOver();
    expect(people.statusesOf(ada)).toEqual(['online']);
    process.time.pass(1);
    const offline = await people.told(ada, 'offline');
    expect(offline.version).toBe(2);
    expect(Date.parse(offline.lastActiveAt ?? '')).toBeGreaterThanOrEqual(
      Date.parse(online.lastActiveAt ?? ''),
    );
  });

  test('who comes back in that time was never gone', async () => {
    const phone = await connect();
    await people.told(ada, 'online');
    await people.disconnect(phone);
    await quiet();
    process.time.pass(timing.offlineAfterMs - 1);
    await connect();
    await quiet();
    process.time.pass(2 * timing.offlineAfterMs);
    await roundOver();
    expect(people.statusesOf(ada)).toEqual(['online']);
    expect(process.time.pending).toBe(0);
  });

  test('whose device in use reconnects was never away, although an idle one is there', async () => {
    const [phone, laptop] = [await connect(), await connect()];
    await people.told(ada, 'online');
    await people.announce({ ...laptop, state: 'idle' });
    await people.disconnect(phone);
    await quiet();
    process.time.pass(timing.offlineAfterMs - 1);
    await roundOver();
    expect(people.statusesOf(ada)).toEqual(['online']);
    const back = await connect();
    await quiet();
    process.time.pass(timing.offlineAfterMs);
    await roundOver();
    expect(people.statusesOf(ada)).toEqual(['online']);
    await people.disconnect(back);
    await quiet();
    process.time.pass(timing.offlineAfterMs);
    await people.told(ada, 'away');
    expect(people.statusesOf(ada)).toEqual(['online', 'away']);
    await people.disconnect(laptop);
    await quiet();
    process.time.pass(timing.offlineAfterMs);
    await people.told(ada, 'offline');
  });

  /** The laptop has gone, and only the idle phone is left; `stored` lets the statement that says so go on. */
  const whileAwayIsStored = async () => {
    const [laptop, phone] = [await connect(), await connect()];
    await people.told(ada, 'online');
    await people.announce({ ...phone, state: 'idle' });
    await people.disconnect(laptop);
    await roundOver();
    const storing = holdNextWrite();
    process.time.pass(timing.offlineAfterMs);
    const store = await storing;
    const stored = async (): Promise<void> => {
      await quiet();
      store();
      await people.told(ada, 'away');
      await roundOver();
    };
    return { phone, stored };
  };

  test('whose other device leaves while it is stored that they are away is offline in the end', async () => {
    const { phone, stored } = await whileAwayIsStored();
    await people.disconnect(phone);
    await stored();
    expect(people.statusesOf(ada)).toEqual(['online', 'away']);
    process.time.pass(timing.offlineAfterMs);
    await roundOver();
    expect(people.statusesOf(ada)).toEqual(['online', 'away', 'offline']);
  });

  test('whose other device is lost while it is stored that they are away is offline at once', async () => {
    const { phone, stored } = await whileAwayIsStored();
    await people.lose(phone);
    await stored();
    expect(people.statusesOf(ada)).toEqual(['online', 'away', 'offline']);
  });

  test('who says so of the last device in use is away at once, although an idle one leaves at that moment', async () => {
    const [laptop, phone] = [await connect(), await connect()];
    await people.told(ada, 'online');
    await people.announce({ ...phone, state: 'idle' });
    await roundOver();
    const store = await whileAnotherIsStored();
    await people.announce({ ...laptop, state: 'idle' });
    await people.disconnect(phone);
    await quiet();
    store();
    await people.told(ada, 'away');
  });

  test('who said so, and left before it was stored, is away as soon as they are back at an idle device', async () => {
    const phone = await connect();
    await people.told(ada, 'online');
    const store = await whileAnotherIsStored();
    await people.announce({ ...phone, state: 'idle' });
    await people.disconnect(phone);
    await quiet();
    store();
    await roundOver();
    expect(people.statusesOf(ada)).toEqual(['online']);
    await people.announce({ ...phone, state: 'idle' });
    await people.told(ada, 'away');
  });

  test('who says so while it is stored that they are back is away at once', async () => {
    const phone = await connect();
    await people.told(ada, 'online');
    await people.announce({ ...phone, state: 'idle' });
    await people.told(ada, 'away');
    const storing = holdNextWrite();
    await people.announce({ ...phone, state: 'active' });
    const store = await storing;
    await people.announce({ ...phone, state: 'idle' });
    await quiet();
    store();
    await roundOver();
    await roundOver();
    expect(people.statusesOf(ada).at(-1)).toBe('away');
  });

  test('whose socket died without a word is offline at once, unless another device is there', async () => {
    const [phone, laptop] = [await connect(), await connect()];
    await people.told(ada, 'online');
    await people.lose(phone);
    await roundOver();
    expect(people.statusesOf(ada)).toEqual(['online']);
    await people.lose(laptop);
    await people.told(ada, 'offline');
  });

  test('of a gateway that died is offline a little later, unless announced anew', async () => {
    const grace = randomUUID();
    const phone = await connect();
    await connect(grace);
    await Promise.all([people.told(ada, 'online'), people.told(grace, 'online')]);
    await people.killGateway('gateway-0', gateway);
    await quiet();
    process.time.pass(timing.offlineAfterDeathMs - 1);
    const next = await people.startGateway('gateway-0');
    gateway = next;
    await people.announce({ ...phone, sessionId: `gateway-0/${next}/1` });
    await quiet();
    process.time.pass(1);
    await people.told(grace, 'offline');
    process.time.pass(timing.offlineAfterMs);
    await roundOver();
    expect(people.statusesOf(ada)).toEqual(['online']);
  });

  test('who left while idle was last active before that', async () => {
    const phone = await connect();
    await people.told(ada, 'online');
    await people.announce({ ...phone, state: 'idle' });
    const away = await people.told(ada, 'away');
    await people.lose(phone);
    const offline = await people.told(ada, 'offline');
    expect(offline.lastActiveAt).toBe(away.lastActiveAt);
  });
});

test('hundreds who come at once are a few statements', async () => {
  const all = Array.from({ length: 300 }, () => randomUUID());
  let statements = 0;
  const write = process.store.write.bind(process.store);
  process.store.write = (...args) => {
    statements += 1;
    return write(...args);
  };
  await Promise.all(all.map((userId) => connect(userId)));
  await Promise.all(all.map((userId) => people.told(userId, 'online')));
  expect(statements).toBeLessThan(30);
});

describe('whoever takes over', () => {
  test('corrects what differs, and publishes again what may not have been', async () => {
    const [grace, linus] = [randomUUID(), randomUUID()];
    const phone = await connect();
    await connect(grace);
    await Promise.all([people.told(ada, 'online'), people.told(grace, 'online')]);
    await process.stop();
    await people.disconnect(phone);
    await connect(linus);
    people.changes.length = 0;
    process = await new DecidingProcess(people.bus, pool).start();
    await Promise.all([people.told(linus, 'online'), people.told(grace, 'online')]);
    await quiet();
    process.time.pass(timing.offlineAfterMs);
    await people.told(ada, 'offline');
    expect(people.of(grace).map(({ version }) => version)).toEqual([1]);
  });

  test('shares the people with the other processes, and all of them are right', async () => {
    const other = await new DecidingProcess(people.bus, pool).start();
    const all = Array.from({ length: 60 }, () => randomUUID());
    const sessions = await Promise.all(all.map((userId) => connect(userId)));
    await Promise.all(all.map((userId) => people.told(userId, 'online')));
    await other.stop();
    await Promise.all(sessions.map((session) => people.lose(session)));
    // Those who are lost before they are taken over get the usual time to come back, from then on.
    while (all.some((userId) => people.statusesOf(userId).at(-1) !== 'offline')) {
      await quiet();
      process.time.pass(timing.offlineAfterMs);
    }
    for (const userId of all) {
      const versions = people.of(userId).map(({ version }) => version);
      expect(versions).toEqual([...versions].sort((a, b) => a - b));
    }
  });

  test('takes back what the late claim of one that owns nothing any more took', async () => {
    const phone = await connect();
    await people.told(ada, 'online');
    await process.store.claim(Array.from({ length: 12 }, (_, index) => index));
    await people.lose(phone);
    while (people.statusesOf(ada).at(-1) !== 'offline') {
      await quiet();
      process.time.pass(timing.offlineAfterMs);
    }
    // What may not have been published is told again, under the version that it had.
    const told = new Set(people.of(ada).map(({ version, status }) => `${version} ${status}`));
    expect([...told]).toEqual(['1 online', '2 offline']);
  });

  test('is not overwritten by the one before', async () => {
    await connect();
    await people.told(ada, 'online');
    const partition = Array.from({ length: 12 }, (_, index) => index);
    const before = await process.store.claim(partition);
    const after = await process.store.claim(partition);
    const statuses = partition.map((each) => {
      return { userId: ada, partition: each, status: 'offline' as const, agoMs: 0 };
    });
    const stale = await process.store.write(statuses.slice(0, 1), before);
    expect(stale).toEqual({ changed: [], held: new Set() });
    const current = await process.store.write(statuses.slice(0, 1), after);
    expect(current.changed).toMatchObject([{ userId: ada, status: 'offline', version: 2 }]);
    expect(current.held.size).toBe(12);
  });
});
