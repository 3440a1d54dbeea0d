import { expect, test } from '@jest/globals';
import { MemoryStore } from '../stores/memory-store.js';
import { entryOf } from './entry.js';
import { KeptEntries } from './kept-entries.js';
import { turns } from './testing/device.js';

const entry = (id: string, order: number) =>
  entryOf({ command: 'message.send', body: { conversationId: 'c', id, text: '' } }, order);

test('lists what is kept in the order of writing, over ten and a hundred', async () => {
  const kept = new KeptEntries(new MemoryStore());
  for (const order of [100, 9, 10, 99]) await kept.put(entry(`${order}`, order));
  expect((await kept.list()).map(({ order }) => order)).toEqual([9, 10, 99, 100]);
});

test('of a failed one and the one it is tried again as, which a crash left both, only the newer one counts', async () => {
  const store = new MemoryStore();
  const kept = new KeptEntries(store);
  const failed = entry('a', 1);
  const { command, body } = failed;
  const again = entryOf({ command, body }, 2, failed);
  for (const each of [failed, again]) await kept.put(each);
  expect(await kept.list()).toEqual([again]);
  await kept.inLine(async () => undefined);
  expect(await store.list('outbox/')).toEqual([again]);
});

test('begins a task when the one before is done, also where that failed', async () => {
  const kept = new KeptEntries(new MemoryStore());
  const done: string[] = [];
  let fail: (error: Error) => void = () => undefined;
  const failing = new Promise<void>((_, reject) => (fail = reject));
  const first = kept.inLine(() => failing);
  const second = kept.inLine(async () => done.push('second'));
  await turns();
  expect(done).toEqual([]);
  fail(new Error('ENOSPC'));
  await Promise.all([first, second]);
  expect(done).toEqual(['second']);
});
