import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Load } from '../harness/load.js';
import { seededRandom } from '../harness/random.js';
import { untilHolds } from '../harness/expectations.js';
import { runningSystem } from '../harness/running-system.js';
import { expectNoViolations } from '../harness/verdict.js';
import { type LoggedDevice } from '../harness/logged-device.js';
import { World } from '../harness/world.js';

describe('a group whose people have several devices', () => {
  const world = new World(runningSystem());
  const devices: LoggedDevice[] = [];
  let conversationId: string;

  beforeAll(async () => {
    const ids = await world.people(4);
    for (const id of ids) devices.push(await world.connected(id), await world.connected(id));
    const [owner] = devices as [LoggedDevice];
    conversationId = await world.group(owner, ids.slice(1));
  });

  afterAll(() => world.end());

  test('shows a message on all devices, those of its sender too', async () => {
    const [phone] = devices as [LoggedDevice];
    await phone.client.send(conversationId, 'to everyone');
    for (const device of devices) await untilHolds(device, conversationId, ['to everyone']);
  });

  test('keeps the order of one sender who does not wait', async () => {
    const [, laptop] = devices as [LoggedDevice, LoggedDevice];
    const texts = Array.from({ length: 20 }, (_, index) => `text ${index}`);
    await Promise.all(texts.map((text) => laptop.client.send(conversationId, text)));
    for (const device of devices) await untilHolds(device, conversationId, ['to everyone', ...texts]);
  });

  test('agrees on one order while all write at once, edit and delete', async () => {
    const random = seededRandom();
    const conversations = [conversationId];
    const load = new Load({ devices, conversations, random, ratePerDevice: 15, edits: 0.1, deletions: 0.05 });
    await load.flowing(300, 30_000);
    await load.stop();
    const verdict = await world.prove();
    await expectNoViolations(verdict);
    expect(verdict.checked.acked).toBeGreaterThan(200);
    expect(verdict.checked.reads).toBe(devices.length + 4);
  });

  test('gives a device that was away what it missed, a little or a lot', async () => {
    const [owner, , other] = devices as [LoggedDevice, LoggedDevice, LoggedDevice];
    const away = await world.connected(other.userId);
    await away.client.sync();
    away.client.close();
    const back = world.device(other.userId);
    for (let count = 0; count < 250; count += 1) await owner.client.send(conversationId, `missed ${count}`);
    await back.client.connect();
    await back.client.sync();
    const held = back.client.conversationState(conversationId);
    expect([...(held?.messages.values() ?? [])].at(-1)?.text).toBe('missed 249');
    expect(held?.floorSeq).toBeGreaterThan(1);
    await expectNoViolations(await world.prove());
  });
});
