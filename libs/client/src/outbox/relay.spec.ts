import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { MemoryStore } from '../stores/memory-store.js';
import { entryOf, type OutboxEntry } from './entry.js';
import { KeptEntries } from './kept-entries.js';
import { Owner } from './owner.js';
import { Relay } from './relay.js';
import { defaultOutboxOptions, Sender } from './sender.js';
import { ShownEntries } from './shown-entries.js';
import { turns, yes } from './testing/device.js';
import { ScriptedLink } from './testing/scripted-link.js';
import { Waiters } from './waiters.js';

/** A store that another process can hold, so that it is not to be read. */
class Locked extends MemoryStore {
  locked = false;

  override async list(prefix: string): Promise<unknown[]> {
    if (this.locked) throw new Error('locked');
    return super.list(prefix);
  }
}

const entry = (id: string, order: number, userId?: string): OutboxEntry => ({
  ...entryOf({ command: 'message.send', body: { conversationId: 'c', id, text: '' } }, order),
  ...(userId === undefined ? {} : { userId }),
});

const setUp = () => {
  const [store, link, owner] = [new Locked(), new ScriptedLink(), new Owner()];
  owner.userId = 'ada';
  const nobody = { queued: () => undefined, settled: () => undefined, discarded: () => undefined };
  const shown = new ShownEntries(owner, new Waiters(), nobody);
  const sender = new Sender(link, { ...defaultOutboxOptions, sleep: async () => undefined });
  const kept = new KeptEntries(store);
  const relay = new Relay(sender, kept, shown, owner);
  return { store, link, kept, shown, relay };
};

describe('the relay of a tab that leads', () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  test('tries until the store can be read, and sends what it holds then', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    const { store, link, kept, relay } = setUp();
    await kept.put(entry('a', 1, 'ada'));
    store.locked = true;
    relay.stand();
    await turns();
    expect(relay.leads).toBe(false);
    store.locked = false;
    jest.runOnlyPendingTimers();
    const attempt = await link.attemptNumber(1);
    expect(relay.leads).toBe(true);
    expect(attempt.id).toBe('a');
    attempt.answer(yes);
    await turns();
    expect(await store.list('outbox/')).toEqual([]);
  });

  test('gives up reading the store when it rests', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    const { store, relay } = setUp();
    store.locked = true;
    relay.stand();
    await turns();
    relay.rest();
    jest.runOnlyPendingTimers();
    await turns();
    expect(jest.getTimerCount()).toBe(0);
  });

  test('makes what is of nobody its owner’s before it sends it, and leaves what is somebody else’s', async () => {
    const { store, link, kept, relay } = setUp();
    await kept.put(entry('a', 1));
    await kept.put(entry('g', 2, 'grace'));
    relay.stand();
    expect((await link.attemptNumber(1)).id).toBe('a');
    expect(await store.list('outbox/')).toMatchObject([
      { id: 'a', userId: 'ada' },
      { id: 'g', userId: 'grace' },
    ]);
    await turns();
    expect(link.attempts).toHaveLength(1);
  });

  test('stands down while it reads the store: what it began is over, and sent once when it resumes', async () => {
    const { link, kept, shown, relay } = setUp();
    await kept.put(entry('a', 1, 'ada'));
    await shown.load(Promise.resolve([]));
    relay.stand();
    relay.rest();
    await turns();
    expect(link.attempts).toEqual([]);
    relay.resume();
    await link.attemptNumber(1);
    await turns();
    expect(link.attempts.map(({ id }) => id)).toEqual(['a']);
  });
});
