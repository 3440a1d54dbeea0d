import { describe, expect, test } from '@jest/globals';
import { entryOf, type OutboxEntry, type Result } from './entry.js';
import { Owner } from './owner.js';
import { ShownEntries } from './shown-entries.js';
import { Waiters } from './waiters.js';

const entry = (id: string, order: number, userId?: string): OutboxEntry => ({
  ...entryOf({ command: 'message.send', body: { conversationId: 'c', id, text: '' } }, order),
  ...(userId === undefined ? {} : { userId }),
});

const failure: Result = {
  failure: {
    error: { code: 'FORBIDDEN', message: '', retryable: false, outcome: 'none', requestId: 'r' },
    final: true,
  },
};

const setUp = (userId?: string) => {
  const [owner, waiters] = [new Owner(), new Waiters()];
  owner.userId = userId;
  const told: string[] = [];
  const observer = {
    queued: ({ id }: OutboxEntry) => void told.push(`${id} queued`),
    settled: ({ id }: OutboxEntry) => void told.push(`${id} settled`),
    discarded: ({ id }: OutboxEntry) => void told.push(`${id} discarded`),
  };
  const shown = new ShownEntries(owner, waiters, observer);
  return { owner, waiters, observer, told, shown, ids: () => shown.of('c').map(({ id }) => id) };
};

describe('the entries that a tab shows', () => {
  test('do not have what was settled or forgotten while the store was read, which held it still', async () => {
    const { shown, ids } = setUp('ada');
    let read: (kept: OutboxEntry[]) => void = () => undefined;
    const loaded = shown.load(new Promise((resolve) => (read = resolve)));
    shown.settle(entry('a', 1, 'ada'), { data: 'stored' });
    shown.forget(entry('b', 2, 'ada'));
    read([entry('a', 1, 'ada'), entry('b', 2, 'ada'), entry('c', 3, 'ada')]);
    await loaded;
    expect(ids()).toEqual(['c']);
  });

  test('number the next one on from what any tab wrote', () => {
    const { shown } = setUp('ada');
    shown.show(entry('a', 7, 'ada'));
    shown.show(entry('b', 3, 'ada'));
    expect(shown.nextOrder()).toBe(8);
  });

  test('can be tried again by whoever is told that one failed, while they are told', async () => {
    const { shown, waiters, observer, ids } = setUp('ada');
    const first = waiters.wait('a', true);
    let second: Promise<unknown> | undefined;
    observer.settled = ({ id }) => {
      expect(waiters.result(id)).toBeUndefined();
      observer.settled = () => undefined;
      second = waiters.wait(id, true);
    };
    shown.settle(entry('a', 1, 'ada'), failure);
    await expect(first).rejects.toMatchObject({ code: 'FORBIDDEN', final: true });
    expect(ids()).toEqual(['a']);
    shown.settle(entry('a', 2, 'ada'), { data: 'stored' });
    expect(await second).toBe('stored');
    expect(ids()).toEqual([]);
  });

  test('count once what is shown and waited for, and what is waited for and not kept yet', () => {
    const { shown, waiters } = setUp('ada');
    shown.show(entry('a', 1, 'ada'));
    for (const id of ['a', 'b']) void waiters.wait(id, false);
    shown.settle(entry('c', 2, 'ada'), failure);
    expect(shown.size).toBe(2);
  });

  test('are let go of where they are somebody else’s, and those of nobody become the first one’s', async () => {
    const { owner, shown, waiters, told } = setUp();
    shown.show(entry('a', 1));
    const waiting = waiters.wait('a', true);
    owner.userId = 'ada';
    shown.ownerChanged();
    expect(shown.of('c')).toMatchObject([{ id: 'a', userId: 'ada' }]);
    owner.userId = 'grace';
    shown.ownerChanged();
    expect(shown.of('c')).toEqual([]);
    await expect(waiting).rejects.toMatchObject({ code: 'UNAVAILABLE', final: false });
    expect(told).toEqual(['a queued', 'a discarded']);
  });
});
