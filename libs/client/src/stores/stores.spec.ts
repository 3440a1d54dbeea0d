import { afterEach, describe, expect, test } from '@jest/globals';
import { IDBFactory, IDBKeyRange } from 'fake-indexeddb';
import { chmod, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileStore } from '../node/file-store.js';
import { IndexedDbStore } from './indexed-db-store.js';
import { MemoryStore } from './memory-store.js';
import { type Store } from './store.js';

globalThis.IDBKeyRange = IDBKeyRange;

const folders: string[] = [];
const newFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'parley-store-'));
  folders.push(folder);
  return folder;
};

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

/** A store, and another one over the same data: what a restart sees. */
const kinds: [string, () => Promise<() => Store>][] = [
  [
    'in memory',
    async () => {
      const store = new MemoryStore();
      return () => store;
    },
  ],
  [
    'in IndexedDB',
    async () => {
      const factory = new IDBFactory();
      return () => new IndexedDbStore('account', factory);
    },
  ],
  [
    'in a folder',
    async () => {
      const folder = await newFolder();
      return () => new FileStore(join(folder, 'made by the store'));
    },
  ],
];

describe.each(kinds)('a store %s', (_, make) => {
  test('keeps values over a restart', async () => {
    const open = await make();
    await open().put('outbox/1-ABC', { text: 'Zürich 🚋', list: [1, null] });
    expect(await open().get('outbox/1-ABC')).toEqual({ text: 'Zürich 🚋', list: [1, null] });
    expect(await open().get('outbox/1-abc')).toBeUndefined();
  });

  test('lists by prefix, ascending by key, and forgets', async () => {
    const store = (await make())();
    await Promise.all([
      store.put('outbox/3', 'third'),
      store.put('outbox/1', 'first'),
      store.put('read/1', 'else'),
    ]);
    await store.put('outbox/2', 'second');
    await store.put('outbox/2', 'second again');
    expect(await store.list('outbox/')).toEqual(['first', 'second again', 'third']);
    await store.delete('outbox/1');
    await store.delete('outbox/1');
    expect(await store.list('outbox/')).toEqual(['second again', 'third']);
  });

  test('does not change what it keeps when the caller goes on with the object', async () => {
    const store = (await make())();
    const value = { text: 'as it was' };
    await store.put('a', value);
    value.text = 'as it is now';
    expect(await store.get('a')).toEqual({ text: 'as it was' });
  });
});

describe('a store in a folder', () => {
  test('is left as it was by a write that a crash cut short', async () => {
    const folder = await newFolder();
    const store = new FileStore(folder);
    await store.put('outbox/1', { text: 'whole' });
    const [file] = (await readdir(folder)) as [string];
    // What a process that died in the middle of its write leaves: the new file beside the old one, not all of it.
    await writeFile(join(folder, `${file}.5d7d1c5e-0000-4000-8000-000000000000`), '{"text":"ha');
    expect(await new FileStore(folder).list('outbox/')).toEqual([{ text: 'whole' }]);
  });

  test('puts a damaged file aside, and does not lose the others for it', async () => {
    const folder = await newFolder();
    const store = new FileStore(folder);
    await store.put('outbox/1', 'one');
    await store.put('outbox/2', 'two');
    const [damaged] = (await readdir(folder)).sort() as [string];
    await writeFile(join(folder, damaged), '\0\0\0');
    expect(await store.list('outbox/')).toEqual(['two']);
    expect(await readdir(folder)).toContain(`${damaged}.unreadable`);
  });

  test('puts aside a damaged file that it is asked for, and keeps what takes its place', async () => {
    const folder = await newFolder();
    const store = new FileStore(folder);
    await store.put('device', 'one');
    await writeFile(join(folder, 'device.json'), '"on');
    expect(await store.get('device')).toBeUndefined();
    await store.put('device', 'two');
    expect(await store.get('device')).toBe('two');
    expect((await readdir(folder)).sort()).toEqual(['device.json', 'device.json.unreadable']);
  });

  test('sweeps what a crash left behind long ago, and nothing that may still be written', async () => {
    const folder = await newFolder();
    const name = (number: number) => `a.json.5d7d1c5e-0000-4000-8000-00000000000${number}`;
    const files = [name(1), name(2), 'a.json.unreadable', 'of somebody else'];
    for (const file of files) await writeFile(join(folder, file), '"ha');
    const longAgo = Date.now() / 1000 - 2 * 3_600;
    for (const file of files.slice(1)) await utimes(join(folder, file), longAgo, longAgo);
    expect(await new FileStore(folder).list('a')).toEqual([]);
    expect((await readdir(folder)).sort()).toEqual([name(1), 'a.json.unreadable', 'of somebody else']);
  });

  test('rejects what it cannot keep, and still has the former value', async () => {
    const folder = await newFolder();
    const store = new FileStore(folder);
    await store.put('a', 'former');
    const unwritable = {
      toJSON: () => {
        throw new Error('no space left on device');
      },
    };
    await expect(store.put('a', unwritable)).rejects.toThrow('no space left');
    expect(await store.get('a')).toBe('former');
    expect(await readdir(folder)).toEqual(['a.json']);
  });

  test('is for its owner only', async () => {
    const folder = await newFolder();
    await chmod(folder, 0o700);
    await new FileStore(folder).put('a', 'private');
    const { stat } = await import('node:fs/promises');
    expect((await stat(join(folder, 'a.json'))).mode & 0o077).toBe(0);
  });
});

test('a full disk aborts the transaction of IndexedDB, and the put is refused', async () => {
  const factory = new IDBFactory();
  const store = new IndexedDbStore('account', factory);
  await store.put('a', 'former');
  const database = await new Promise<IDBDatabase>((resolve) => {
    const request = factory.open('account', 1);
    request.onsuccess = () => resolve(request.result);
  });
  const { transaction } = Object.getPrototypeOf(database) as IDBDatabase;
  const full = function (this: IDBDatabase, ...args: Parameters<typeof transaction>): IDBTransaction {
    const begun = transaction.apply(this, args);
    // As a browser does whose quota is used up: the request succeeds, and the commit fails.
    if (args[1] === 'readwrite') queueMicrotask(() => queueMicrotask(() => begun.abort()));
    return begun;
  };
  (Object.getPrototypeOf(database) as IDBDatabase).transaction = full;
  try {
    await expect(store.put('a', 'latter')).rejects.toBeDefined();
  } finally {
    (Object.getPrototypeOf(database) as IDBDatabase).transaction = transaction;
  }
  expect(await store.get('a')).toBe('former');
});

test('a database that was deleted elsewhere, or is to be, is opened anew', async () => {
  const factory = new IDBFactory();
  const store = new IndexedDbStore('account', factory);
  await store.put('a', 'former');
  await new Promise((resolve) => (factory.deleteDatabase('account').onsuccess = resolve));
  expect(await store.get('a')).toBeUndefined();
  await store.put('a', 'latter');
  expect(await store.get('a')).toBe('latter');
});
