import { describe, expect, test } from '@jest/globals';
import { type Result } from '../outbox/entry.js';
import { Outbox } from '../outbox/outbox.js';
import { defaultOutboxOptions, Sender } from '../outbox/sender.js';
import { ScriptedLink } from '../outbox/testing/scripted-link.js';
import { MemoryStore } from '../stores/memory-store.js';
import { mintId } from '../ids.js';
import { FakePlatform } from './testing/fake-platform.js';
import { type TabPlatform, tabPlatform, Tabs } from './tabs.js';

/** One tab: its own connection, and a store that it shares with the others. */
class Tab {
  readonly link = new ScriptedLink();
  readonly results: [string, Result][] = [];
  readonly outbox: Outbox;

  constructor(name: string, store: MemoryStore, platform: TabPlatform) {
    const sender = new Sender(this.link, { ...defaultOutboxOptions, sleep: async () => undefined });
    const observer = {
      queued: () => undefined,
      discarded: () => undefined,
      settled: ({ id }: { id: string }, result: Result) => void this.results.push([id, result]),
    };
    this.outbox = new Outbox(sender, store, observer, new Tabs(name, platform));
  }

  send(id: string): Promise<unknown> {
    return this.outbox.submit('message.send', { conversationId: 'c', id, text: `text of ${id}` });
  }

  get shown(): string[] {
    return this.outbox.of('c').map(({ id }) => id);
  }
}

const yes = { ok: true, data: { message: 'stored' } } as const;

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}

const platforms: [string, () => TabPlatform][] = [
  ['with a fake of them', () => new FakePlatform()],
  [
    'with real locks and channels',
    () => {
      const platform = tabPlatform();
      if (!platform) throw new Error('this Node has none');
      return platform;
    },
  ],
];

describe.each(platforms)('tabs that share an outbox, %s', (_, newPlatform) => {
  const setUp = async (count: number) => {
    const [platform, store, name] = [newPlatform(), new MemoryStore(), mintId()];
    const tabs = Array.from({ length: count }, () => new Tab(name, store, platform));
    // One after the other, so that the first one leads.
    for (const { outbox } of tabs) await outbox.start();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const end = () => tabs.forEach(({ outbox }) => outbox.close());
    return { tabs: tabs as [Tab, Tab, Tab], store, end };
  };

  test('one of them sends for all, and all see what is on its way and what became of it', async () => {
    const { tabs, store, end } = await setUp(3);
    const [leader, second, third] = tabs;
    const sent = second.send('a');
    const attempt = await leader.link.attemptNumber(1);
    await until(() => tabs.every(({ shown }) => shown.includes('a')));
    attempt.answer(yes);
    expect(await sent).toEqual({ message: 'stored' });
    await until(() => tabs.every(({ shown }) => shown.length === 0));
    expect([second, third].map(({ link }) => link.attempts.length)).toEqual([0, 0]);
    expect(leader.link.attempts).toHaveLength(1);
    expect(third.results).toEqual([['a', { data: { message: 'stored' } }]]);
    await until(() => leader.outbox.size === 0);
    expect(await store.list('outbox/')).toEqual([]);
    end();
  });

  test('keep the order of one conversation whichever tab it is written in', async () => {
    const { tabs, end } = await setUp(2);
    const [leader, second] = tabs;
    const first = second.send('a');
    const attempt = await leader.link.attemptNumber(1);
    const next = [leader.send('b'), second.send('c')];
    attempt.answer(yes);
    (await leader.link.attemptNumber(2)).answer(yes);
    (await leader.link.attemptNumber(3)).answer(yes);
    await Promise.all([first, ...next]);
    expect(leader.link.attempts.map(({ id }) => id).sort()).toEqual(['a', 'b', 'c']);
    expect(leader.link.attempts[0]?.id).toBe('a');
    end();
  });

  test('another one takes over when the one that sends closes, with the same ids', async () => {
    const { tabs, end } = await setUp(3);
    const [leader, second, third] = tabs;
    const sent = third.send('a');
    await leader.link.attemptNumber(1);
    leader.outbox.close();
    (await second.link.attemptNumber(1)).answer(yes);
    expect(await sent).toEqual({ message: 'stored' });
    expect(second.link.attempts.map(({ id }) => id)).toEqual(['a']);
    expect(third.link.attempts).toEqual([]);
    end();
  });

  test('all show what is written in any of them, and number on from it', async () => {
    const { tabs, store, end } = await setUp(2);
    const [leader, second] = tabs;
    for (const id of ['a', 'b']) leader.send(id).catch(() => undefined);
    await until(() => second.shown.length === 2);
    leader.outbox.close();
    expect(second.shown).toEqual(['a', 'b']);
    void second.send('c').catch(() => undefined);
    while ((await store.list('outbox/')).length < 3) await new Promise(setImmediate);
    expect(await store.list('outbox/')).toMatchObject([{ id: 'a' }, { id: 'b' }, { id: 'c' }]);
    end();
  });

  test('what is kept and was never handed over is shown and sent with the next session', async () => {
    const { tabs, store, end } = await setUp(1);
    const [leader] = tabs;
    const body = { conversationId: 'c', id: 'a', text: 'of a tab that crashed' };
    const entry = { command: 'message.send', body, id: 'a', order: 7 };
    await store.put('outbox/000000000000007-a', entry);
    leader.outbox.sessionBegan();
    const attempt = await leader.link.attemptNumber(1);
    expect(leader.shown).toEqual(['a']);
    attempt.answer(yes);
    while ((await store.list('outbox/')).length > 0) await new Promise(setImmediate);
    end();
  });

  test('one that the server does not want lets another one send, and hears what became of it', async () => {
    const { tabs, end } = await setUp(3);
    const [leader, second, third] = tabs;
    const sent = leader.send('a');
    await leader.link.attemptNumber(1);
    second.outbox.rest();
    leader.outbox.rest();
    (await third.link.attemptNumber(1)).answer(yes);
    expect(await sent).toEqual({ message: 'stored' });
    // Wanted again: its turn comes when the one that leads now is gone.
    leader.outbox.resume();
    const next = leader.send('b');
    await third.link.attemptNumber(2);
    third.outbox.close();
    (await leader.link.attemptNumber(2)).answer(yes);
    expect(await next).toEqual({ message: 'stored' });
    expect(tabs.map(({ link }) => link.attempts.map(({ id }) => id))).toEqual([['a', 'b'], [], ['a', 'b']]);
    end();
  });

  test('a command is not lost when the tab that sent it closes before it told the answer', async () => {
    const { tabs, store, end } = await setUp(2);
    const [leader, second] = tabs;
    const sent = second.send('a');
    await leader.link.attemptNumber(1);
    // The worst moment: done and taken out of the store, and nobody else knows.
    for (const key of ['outbox/000000000000001-a']) await store.delete(key);
    leader.outbox.close();
    (await second.link.attemptNumber(1)).answer(yes);
    expect(await sent).toEqual({ message: 'stored' });
    expect(second.link.attempts[0]?.id).toBe('a');
    end();
  });
});

describe('a tab that shares an outbox', () => {
  test('is done with what it sent, although its writer hands it over once more', async () => {
    const [platform, store, name] = [new FakePlatform(), new MemoryStore(), mintId()];
    const leader = new Tab(name, store, platform);
    await leader.outbox.start();
    const channel = platform.channel(`parley outbox ${name}`);
    const heard = new Promise<unknown>((resolve) => {
      channel.onmessage = ({ data }) => {
        if ((data as { kind: string }).kind === 'settled') resolve(data);
      };
    });
    const sent = leader.send('a');
    (await leader.link.attemptNumber(1)).answer(yes);
    await sent;
    const { entry } = (await heard) as { entry: object };
    const heardAgain = new Promise((resolve) => (channel.onmessage = resolve));
    channel.postMessage({ kind: 'queued', entry, again: true });
    await heardAgain;
    expect(leader.outbox.size).toBe(0);
    expect(leader.shown).toEqual([]);
    expect(leader.link.attempts).toHaveLength(1);
    leader.outbox.close();
  });

  test('answers a second send of what it is done with, and keeps nothing of it', async () => {
    const store = new MemoryStore();
    const leader = new Tab(mintId(), store, new FakePlatform());
    await leader.outbox.start();
    const sent = leader.send('a');
    (await leader.link.attemptNumber(1)).answer(yes);
    await sent;
    expect(await leader.send('a')).toEqual({ message: 'stored' });
    while ((await store.list('outbox/')).length > 0) await new Promise(setImmediate);
    expect(leader.outbox.size).toBe(0);
    expect(leader.link.attempts).toHaveLength(1);
    leader.outbox.close();
  });

  test('joins the others once, however often its store could not be read before', async () => {
    class Locked extends MemoryStore {
      locked = true;
      override async list(prefix: string): Promise<unknown[]> {
        if (this.locked) throw new Error('locked');
        return super.list(prefix);
      }
    }
    let channels = 0;
    const fake = new FakePlatform();
    const platform: TabPlatform = {
      locks: fake.locks,
      channel: (name) => {
        channels += 1;
        return fake.channel(name);
      },
    };
    const store = new Locked();
    const tab = new Tab(mintId(), store, platform);
    await expect(tab.outbox.start()).rejects.toThrow('locked');
    store.locked = false;
    await tab.outbox.start();
    expect(channels).toBe(1);
    tab.outbox.close();
  });
});
