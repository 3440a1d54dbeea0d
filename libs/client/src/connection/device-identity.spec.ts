import { describe, expect, test } from '@jest/globals';
import { mintId } from '../ids.js';
import { MemoryStore } from '../stores/memory-store.js';
import { type Store } from '../stores/store.js';
import { FakePlatform } from '../tabs/testing/fake-platform.js';
import { type TabLocks, tabPlatform } from '../tabs/tabs.js';
import { DeviceIdentity } from './device-identity.js';

const uuid = /^[0-9a-f-]{36}$/;
const token = 'a token that names no device';

const realLocks = (): TabLocks => {
  const { locks } = tabPlatform() ?? {};
  if (!locks) throw new Error('this Node has none');
  return locks;
};

/** A store of which only some calls work. */
const storeThat = (broken: Partial<Store>): Store => Object.assign(new MemoryStore(), broken);
const fails = (): Promise<never> => Promise.reject(new Error('the database failed'));

describe('which device this is', () => {
  test('is what the token says', async () => {
    const deviceId = mintId();
    const claims = Buffer.from(JSON.stringify({ deviceId })).toString('base64url');
    expect(await new DeviceIdentity(new MemoryStore()).of(`e30.${claims}.s`)).toBe(deviceId);
  });

  test('is remembered from the first time on', async () => {
    const store = new MemoryStore();
    const first = await new DeviceIdentity(store).of(token);
    expect(first).toMatch(uuid);
    expect(await new DeviceIdentity(store).of(token)).toBe(first);
  });

  test.each([['torn'], [''], [7], [null], [{ id: 'x' }]])(
    'is minted anew where the store has %j',
    async (kept) => {
      const store = new MemoryStore();
      await store.put('device', kept);
      const minted = await new DeviceIdentity(store).of(token);
      expect(minted).toMatch(uuid);
      expect(await new DeviceIdentity(store).of(token)).toBe(minted);
    },
  );

  test.each([
    ['read', { get: fails }],
    ['written', { put: fails }],
  ])('is the same over reconnects where the store cannot be %s', async (_, broken) => {
    const identity = new DeviceIdentity(storeThat(broken), new FakePlatform().locks);
    const first = await identity.of(token);
    expect(first).toMatch(uuid);
    expect(await identity.of(token)).toBe(first);
  });

  test.each([
    ['a fake of them', () => new FakePlatform().locks],
    ['real locks', realLocks],
  ])('is one in tabs that start at the same moment, with %s', async (_, newLocks) => {
    const locks = newLocks();
    const store = storeThat({ sharedAs: mintId() });
    const tabs = Array.from({ length: 5 }, () => new DeviceIdentity(store, locks));
    const ids = new Set(await Promise.all(tabs.map((tab) => tab.of(token))));
    expect(ids.size).toBe(1);
    expect(await new DeviceIdentity(store, locks).of(token)).toBe([...ids][0]);
  });
});
