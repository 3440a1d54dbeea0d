import { describe, expect, test } from '@jest/globals';
import { MemoryStore } from '../stores/memory-store.js';
import { Device, kept, turns, yes } from './testing/device.js';
import { refused } from './testing/scripted-link.js';

describe('an outbox that several users write to', () => {
  test('sends only what its user wrote, and keeps the rest until that user is back', async () => {
    const store = new MemoryStore();
    const run = async (userId: string): Promise<Device> => {
      const device = new Device(store);
      device.outbox.belongsTo(userId);
      await device.outbox.start();
      await turns();
      return device;
    };
    const before = new Device(store);
    before.send('of nobody known').catch(() => undefined);
    await kept(store, 1);
    before.outbox.belongsTo('ada');
    before.send('of Ada').catch(() => undefined);
    await kept(store, 2);
    await turns();
    before.outbox.close();

    const grace = await run('grace');
    expect(grace.shown()).toEqual([]);
    const sent = grace.send('of Grace');
    (await grace.link.attemptNumber(1)).answer(yes);
    await sent;
    grace.outbox.close();
    expect(grace.link.attempts.map(({ id }) => id)).toEqual(['of Grace']);

    const ada = await run('ada');
    expect(ada.shown()).toEqual(['of nobody known', 'of Ada']);
    (await ada.link.attemptNumber(1)).answer(yes);
    (await ada.link.attemptNumber(2)).answer(yes);
    await kept(store, 0);
    expect(ada.link.attempts.map(({ id }) => id)).toEqual(['of nobody known', 'of Ada']);
  });

  test('lets go of what waits for a session that is somebody else’s then', async () => {
    const store = new MemoryStore();
    const device = new Device(store);
    let online: () => void = () => undefined;
    const session = new Promise<void>((resolve) => (online = resolve));
    device.link.online = () => session;
    device.outbox.belongsTo('ada');
    const lost = device.send('a');
    await kept(store, 1);
    await turns();
    device.outbox.belongsTo('grace');
    online();
    await expect(lost).rejects.toMatchObject({ final: false });
    const sent = device.send('g');
    (await device.link.attemptNumber(1)).answer(yes);
    await sent;
    expect(device.link.attempts.map(({ id }) => id)).toEqual(['g']);
    await kept(store, 1);
    expect(await store.list('outbox/')).toMatchObject([{ id: 'a', userId: 'ada' }]);
  });
});

test.each([
  ['who wrote it comes back', (device: Device) => device],
  ['a client that began as somebody else becomes theirs', () => undefined],
])('a failed command is shown again when %s', async (_, next) => {
  const store = new MemoryStore();
  const before = new Device(store);
  before.outbox.belongsTo('ada');
  const failed = before.send('a');
  (await before.link.attemptNumber(1)).answer(refused('FORBIDDEN', 'none', false));
  await expect(failed).rejects.toThrow();
  const device = next(before) ?? new Device(store);
  if (device !== before) before.outbox.close();
  device.outbox.belongsTo('grace');
  await device.outbox.start();
  await turns();
  expect(device.shown()).toEqual([]);
  device.outbox.belongsTo('ada');
  await turns();
  expect(device.shown()).toEqual(['a failed']);
});

test.each([
  ['discarded', (device: Device) => device.outbox.discard('a'), []],
  ['tried again', (device: Device) => void device.outbox.retry('a').catch(() => undefined), ['sent']],
])('a failed command that is %s as its owner becomes known is not shown again', async (_, act, left) => {
  const store = new MemoryStore();
  const device = new Device(store);
  await device.outbox.start();
  const failed = device.send('a');
  (await device.link.attemptNumber(1)).answer(refused('FORBIDDEN', 'none', false));
  await expect(failed).rejects.toThrow();
  await turns();
  device.outbox.belongsTo('ada');
  act(device);
  await turns();
  expect(device.shown().map((text) => (text === 'a failed' ? text : 'sent'))).toEqual(left);
});
