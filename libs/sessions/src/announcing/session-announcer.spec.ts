import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { SessionRecord } from '@parley/contracts';
import type { SessionDirectory } from '../directory/session-directory.js';
import { quiet } from '../testing/manual-time.js';
import { silentLog, userId, World } from '../testing/world.js';
import { SessionAnnouncer } from './session-announcer.js';

let world: World;
let announcer: SessionAnnouncer;
let directory: SessionDirectory;
let life: number;

beforeEach(async () => {
  world = await World.create();
  life = await world.start('gateway-0');
  directory = await world.directory(await world.instanceLog());
  announcer = new SessionAnnouncer(world.publisher, silentLog, world.time);
});
afterEach(() => world.close());

function session(
  number: number,
  state: SessionRecord['state'] = 'active',
  incarnation = life,
): SessionRecord {
  return {
    sessionId: `gateway-0/${incarnation}/${number}`,
    userId: userId(number),
    deviceId: userId(900 + number),
    state,
    connectedAt: new Date().toISOString(),
  };
}

/** Lets all that was told be written. */
async function allWritten(): Promise<void> {
  const written = announcer.written();
  await world.time.pass(1_000);
  await written;
}

test('what is told while a publish is under way goes together into the next, the latest state only', async () => {
  world.publisher.stall();
  announcer.announce(session(1));
  await quiet();
  for (let n = 2; n <= 50; n++) announcer.announce(session(n));
  announcer.announce(session(2, 'idle'));
  announcer.end(userId(3), session(3).sessionId);
  await quiet();
  expect(world.publisher.published).toHaveLength(1);
  world.publisher.resume();
  await allWritten();
  expect(world.publisher.published.map((records) => records.length)).toEqual([1, 49]);
  expect(directory.sessionsOf(userId(2))).toMatchObject([{ state: 'idle' }]);
  expect(directory.sessionsOf(userId(3))).toEqual([]);
  expect(directory.sessionsOf(userId(50))).toHaveLength(1);
});

test('who comes alone is written at once, and those who follow soon after go together', async () => {
  announcer.announce(session(1));
  await announcer.written();
  for (let n = 2; n <= 5; n++) {
    announcer.announce(session(n));
    await world.time.pass(5);
  }
  expect(world.publisher.published.map((records) => records.length)).toEqual([1]);
  await world.time.pass(5);
  expect(world.publisher.published.map((records) => records.length)).toEqual([1, 4]);
  await world.time.pass(25);
  announcer.announce(session(6));
  await announcer.written();
  expect(world.publisher.published.map((records) => records.length)).toEqual([1, 4, 1]);
});

test('those who follow do not wait when they are many', async () => {
  announcer.announce(session(1));
  await announcer.written();
  for (let n = 2; n <= 100; n++) announcer.announce(session(n));
  await announcer.written();
  expect(world.publisher.published.map((records) => records.length)).toEqual([1, 99]);
});

test('what was not written is written again, and a newer state wins over it', async () => {
  world.publisher.refuse(true);
  announcer.announce(session(1));
  announcer.announce(session(2));
  await quiet();
  announcer.end(userId(1), session(1).sessionId);
  await world.time.pass(1_000);
  world.publisher.refuse(false);
  await allWritten();
  expect(directory.sessionsOf(userId(1))).toEqual([]);
  expect(directory.sessionsOf(userId(2))).toHaveLength(1);
});

test('each session learns when its own record is written, whatever else is told meanwhile', async () => {
  const written: number[] = [];
  world.publisher.stall();
  announcer.announce(session(1), () => written.push(1));
  await quiet();
  announcer.announce(session(2), () => written.push(2));
  announcer.announce(session(3), () => written.push(3));
  announcer.end(userId(3), session(3).sessionId);
  await quiet();
  expect(written).toEqual([]);
  world.publisher.resume();
  await allWritten();
  expect(written).toEqual([1, 2]);
});

test('nobody learns of a record that was not confirmed, until it is', async () => {
  let written = false;
  world.publisher.refuse(true);
  announcer.announce(session(1), () => (written = true));
  await quiet();
  expect(written).toBe(false);
  world.publisher.refuse(false);
  await allWritten();
  expect(written).toBe(true);
});

test('under a new incarnation the sessions go on with new ids, the former ones are ended', async () => {
  announcer.announce(session(1));
  await announcer.written();
  const next = await world.start('gateway-0');
  announcer.renew(session(1).sessionId, session(1, 'active', next));
  await allWritten();
  expect(directory.sessionsOf(userId(1))).toMatchObject([{ counter: 1, life: { incarnation: next } }]);
  expect([...directory.orphans()]).toEqual([]);
});

test('thousands at once take a few publishes', async () => {
  for (let n = 0; n < 3_500; n++) announcer.announce(session(n));
  await announcer.written();
  expect(world.publisher.published.map((records) => records.length)).toEqual([1_000, 1_000, 1_000, 500]);
});

test('stopping gives up what cannot be written', async () => {
  world.publisher.refuse(true);
  announcer.announce(session(1));
  await quiet();
  const written = announcer.written();
  announcer.stop();
  await written;
  await announcer.written();
  await world.time.pass(5_000);
  expect(world.publisher.published).toHaveLength(1);
});
