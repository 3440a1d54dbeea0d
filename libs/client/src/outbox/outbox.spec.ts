import { describe, expect, test } from '@jest/globals';
import { StoreFailed } from '../failure.js';
import { MemoryStore } from '../stores/memory-store.js';
import { type OutboxEntry } from './entry.js';
import { Device, kept, turns, yes } from './testing/device.js';
import { refused } from './testing/scripted-link.js';

/** A store whose disk can be full. */
class Disk extends MemoryStore {
  full = false;

  override put(key: string, value: unknown): Promise<void> {
    if (this.full) return Promise.reject(new Error('ENOSPC: no space left on device'));
    return super.put(key, value);
  }
}

/** A store whose process crashes after so many more writes: what comes then neither happens nor is answered. */
class Crashing extends MemoryStore {
  writesLeft = Number.POSITIVE_INFINITY;

  override async put(key: string, value: unknown): Promise<void> {
    await this.write();
    return super.put(key, value);
  }

  override async delete(key: string): Promise<void> {
    await this.write();
    return super.delete(key);
  }

  private write(): Promise<void> {
    this.writesLeft -= 1;
    return this.writesLeft < 0 ? new Promise(() => undefined) : Promise.resolve();
  }
}

describe('the outbox', () => {
  test('keeps a command before it sends it, and until it is answered', async () => {
    const store = new MemoryStore();
    const device = new Device(store);
    const sent = device.send('a');
    expect(device.outbox.size).toBe(0);
    const attempt = await device.link.attemptNumber(1);
    expect(device.shown()).toEqual(['a']);
    expect(await store.list('outbox/')).toMatchObject([{ id: 'a', command: 'message.send' }]);
    attempt.answer(yes);
    expect(await sent).toEqual({ message: 'stored' });
    expect(device.outbox.size).toBe(0);
    expect(await store.list('outbox/')).toEqual([]);
  });

  test('sends after a restart what was not answered: same ids, same order, before anything new', async () => {
    const store = new MemoryStore();
    const before = new Device(store);
    const lost = ['first', 'second', 'third'].map((id) => before.send(id));
    await before.link.attemptNumber(1);
    before.outbox.close();
    for (const each of lost) await expect(each).rejects.toMatchObject({ outcome: 'unknown', final: false });

    const after = new Device(store);
    const fresh = after.send('fourth');
    for (let number = 1; number <= 4; number += 1) {
      (await after.link.attemptNumber(number)).answer(yes);
    }
    await fresh;
    expect(after.link.attempts.map(({ id }) => id)).toEqual(['first', 'second', 'third', 'fourth']);
    expect(after.results.map(([id]) => id)).toEqual(['first', 'second', 'third', 'fourth']);
    expect(await store.list('outbox/')).toEqual([]);
  });

  test('does not call a refusal after a restart final: the attempt before may have got through', async () => {
    const store = new MemoryStore();
    const before = new Device(store);
    before.send('a').catch(() => undefined);
    await before.link.attemptNumber(1);
    before.outbox.close();
    const after = new Device(store);
    await after.outbox.start();
    (await after.link.attemptNumber(1)).answer(refused('TOO_LARGE', 'none', false));
    await settled(after, 1);
    expect(after.results[0]?.[1]).toMatchObject({ failure: { final: false, error: { outcome: 'unknown' } } });
  });

  test('rejects what the device cannot keep, sends nothing of it, and goes on when there is room again', async () => {
    const disk = new Disk();
    const device = new Device(disk);
    disk.full = true;
    const failed = device.send('a');
    await expect(failed).rejects.toBeInstanceOf(StoreFailed);
    await expect(failed).rejects.toMatchObject({ final: true, outcome: 'none' });
    await expect(failed).rejects.toThrow('no space left');
    expect(device.shown()).toEqual(['a failed']);
    disk.full = false;
    const sent = device.send('b');
    (await device.link.attemptNumber(1)).answer(yes);
    await sent;
    expect(device.link.attempts.map(({ id }) => id)).toEqual(['b']);
    await kept(disk, 0);
  });

  test('shows a message that failed, over a restart too, until it is tried again with a new id', async () => {
    const store = new MemoryStore();
    const before = new Device(store);
    const failed = before.send('a');
    (await before.link.attemptNumber(1)).answer(refused('FORBIDDEN', 'none', false));
    await expect(failed).rejects.toMatchObject({ code: 'FORBIDDEN', final: true });
    expect(before.shown()).toEqual(['a failed']);
    await kept(store, 1);
    before.outbox.close();

    const after = new Device(store);
    await after.outbox.start();
    expect(after.shown()).toEqual(['a failed']);
    const again = after.outbox.retry('a');
    const attempt = await after.link.attemptNumber(1);
    expect(attempt.id).not.toBe('a');
    expect(attempt.text).toBe('text of a');
    attempt.answer(yes);
    await again;
    await kept(store, 0);
    expect(after.shown()).toEqual([]);
  });

  test('tries again with the same id where the earlier attempt may yet happen', async () => {
    const device = new Device(new MemoryStore());
    const failed = device.send('a');
    (await device.link.attemptNumber(1)).answer(refused('TIMEOUT', 'unknown', true));
    (await device.link.attemptNumber(2)).answer(refused('INVALID', 'none', false));
    await expect(failed).rejects.toMatchObject({ final: false });
    const again = device.outbox.retry('a');
    const attempt = await device.link.attemptNumber(3);
    expect(attempt.id).toBe('a');
    attempt.answer(yes);
    await again;
    expect(device.shown()).toEqual([]);
  });

  test('forgets a failed message that is discarded', async () => {
    const store = new MemoryStore();
    const device = new Device(store);
    const failed = device.send('a');
    (await device.link.attemptNumber(1)).answer(refused('FORBIDDEN', 'none', false));
    await failed.catch(() => undefined);
    device.outbox.discard('a');
    expect(device.shown()).toEqual([]);
    await kept(store, 0);
    await expect(device.outbox.retry('a')).rejects.toThrow('has not failed');
  });

  test('sends once what is asked twice with the same id', async () => {
    const device = new Device(new MemoryStore());
    await device.outbox.start();
    const both = [device.send('a'), device.send('a')];
    (await device.link.attemptNumber(1)).answer(yes);
    await Promise.all(both);
    expect(device.link.attempts).toHaveLength(1);
  });

  test("keeps once what is asked for again while an earlier run's is on its way", async () => {
    const store = new MemoryStore();
    const before = new Device(store);
    before.send('a').catch(() => undefined);
    await before.link.attemptNumber(1);
    before.outbox.close();
    const after = new Device(store);
    await after.outbox.start();
    const attempt = await after.link.attemptNumber(1);
    const sent = after.send('a');
    attempt.answer(yes);
    expect(await sent).toEqual({ message: 'stored' });
    await kept(store, 0);
    expect(after.link.attempts).toHaveLength(1);
  });

  test('leaves nothing behind of a failed one that is sent again under its id', async () => {
    const store = new MemoryStore();
    const device = new Device(store);
    const failed = device.send('a');
    (await device.link.attemptNumber(1)).answer(refused('TIMEOUT', 'unknown', true));
    (await device.link.attemptNumber(2)).answer(refused('INVALID', 'none', false));
    await expect(failed).rejects.toMatchObject({ final: false });
    const again = device.send('a');
    (await device.link.attemptNumber(3)).answer(refused('INVALID', 'none', false));
    // Of the first one nobody knows yet.
    await expect(again).rejects.toMatchObject({ final: false, outcome: 'unknown' });
    const third = device.send('a');
    (await device.link.attemptNumber(4)).answer(yes);
    await third;
    await kept(store, 0);
    expect(device.shown()).toEqual([]);
  });

  test('sends nothing of what it called a failure, although the store did keep it', async () => {
    class Doubtful extends MemoryStore {
      override async put(key: string, value: unknown): Promise<void> {
        await super.put(key, value);
        throw new Error('EIO: flush');
      }
    }
    const store = new Doubtful();
    const device = new Device(store);
    await expect(device.send('a')).rejects.toMatchObject({ final: true, outcome: 'none' });
    expect(await store.list('outbox/')).toEqual([]);
  });

  test('tells of a failure only when it is kept: after a crash it is what was told', async () => {
    const store = new Crashing();
    const before = new Device(store);
    const failed = before.send('a');
    const attempt = await before.link.attemptNumber(1);
    store.writesLeft = 0;
    attempt.answer(refused('FORBIDDEN', 'none', false));
    await turns();
    expect(before.results).toEqual([]);
    before.outbox.close();
    await expect(failed).rejects.toMatchObject({ final: false });

    store.writesLeft = 1;
    const after = new Device(store);
    await after.outbox.start();
    (await after.link.attemptNumber(1)).answer(refused('FORBIDDEN', 'none', false));
    await settled(after, 1);
    after.outbox.close();
    const last = new Device(store);
    await last.outbox.start();
    await turns();
    expect(last.shown()).toEqual(['a failed']);
    expect(last.link.attempts).toEqual([]);
  });

  test.each([
    ['another id', 'FORBIDDEN', 0],
    ['another id', 'FORBIDDEN', 1],
    ['another id', 'FORBIDDEN', 2],
    ['the same id', 'INVALID', 0],
    ['the same id', 'INVALID', 1],
    ['the same id', 'INVALID', 2],
  ] as const)(
    'a failed one that is tried again under %s (%s) is there once after a crash that lets %d writes through',
    async (id, code, writes) => {
      const store = new Crashing();
      const before = new Device(store);
      const failed = before.send('a');
      (await before.link.attemptNumber(1)).answer(
        refused('TIMEOUT', id === 'the same id' ? 'unknown' : 'none', true),
      );
      (await before.link.attemptNumber(2)).answer(refused(code, 'none', false));
      await expect(failed).rejects.toMatchObject({ code });
      await kept(store, 1);
      store.writesLeft = writes;
      void before.outbox.retry('a');
      await turns();
      before.outbox.close();

      store.writesLeft = Number.POSITIVE_INFINITY;
      const after = new Device(store);
      await after.outbox.start();
      await turns();
      expect(after.shown()).toHaveLength(1);
      expect(after.link.attempts).toHaveLength(writes === 0 ? 0 : 1);
      expect(await store.list('outbox/')).toHaveLength(1);
      after.outbox.close();
    },
  );

  test('a failed one that cannot be kept anew stays as it is, and can be tried again', async () => {
    const disk = new Disk();
    const device = new Device(disk);
    const failed = device.send('a');
    (await device.link.attemptNumber(1)).answer(refused('TIMEOUT', 'unknown', true));
    (await device.link.attemptNumber(2)).answer(refused('INVALID', 'none', false));
    await expect(failed).rejects.toMatchObject({ final: false });
    disk.full = true;
    await expect(device.outbox.retry('a')).rejects.toBeInstanceOf(StoreFailed);
    expect(device.shown()).toEqual(['a failed']);
    await kept(disk, 1);
    disk.full = false;
    const again = device.outbox.retry('a');
    const attempt = await device.link.attemptNumber(3);
    // The first attempt may yet happen: another id could make it two.
    expect(attempt.id).toBe('a');
    attempt.answer(yes);
    await again;
    await kept(disk, 0);
  });

  test('a failed one is not lost where it is tried again after the client was closed', async () => {
    const store = new MemoryStore();
    const device = new Device(store);
    const failed = device.send('a');
    (await device.link.attemptNumber(1)).answer(refused('FORBIDDEN', 'none', false));
    await failed.catch(() => undefined);
    device.outbox.close();
    await expect(device.outbox.retry('a')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await turns();
    expect(await store.list('outbox/')).toHaveLength(1);
  });

  test('counts on from what is kept, whatever the clock says', async () => {
    const store = new MemoryStore();
    const before = new Device(store);
    for (const id of ['z', 'y']) before.send(id).catch(() => undefined);
    await kept(store, 2);
    before.outbox.close();
    const after = new Device(store);
    await after.outbox.start();
    after.send('x').catch(() => undefined);
    await kept(store, 3);
    const entries = (await store.list('outbox/')) as OutboxEntry[];
    expect(entries.map(({ id }) => id)).toEqual(['z', 'y', 'x']);
    after.outbox.close();
  });
});

async function settled({ results }: Device, count: number): Promise<void> {
  while (results.length < count) await new Promise(setImmediate);
}
