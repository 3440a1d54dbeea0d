import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { MemoryStore, mintId, type Store } from '@parley/client';
import { FileStore } from '@parley/client/node';
import { type Message } from '@parley/contracts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../harness/conditions.js';
import { type LoggedDevice } from '../harness/logged-device.js';
import { OutboxProcess } from '../harness/outbox-process.js';
import { type ProgramSettings } from '../harness/outbox-program.js';
import { seededRandom } from '../harness/random.js';
import { runningSystem } from '../harness/running-system.js';
import { World } from '../harness/world.js';

const HOUR_MS = 3_600_000;

describe('an outbox on the disk', () => {
  const world = new World(runningSystem());
  let reader: LoggedDevice;
  let writerId: string;
  let conversationId: string;
  let folder: string;
  let settings: ProgramSettings;
  let running: OutboxProcess | undefined;

  beforeAll(async () => {
    const [readerId, writer] = (await world.people(2)) as [string, string];
    reader = await world.connected(readerId);
    writerId = writer;
  });

  beforeEach(async () => {
    conversationId = await world.group(reader, [writerId]);
    folder = await mkdtemp(join(tmpdir(), 'parley-outbox-'));
    const deviceId = mintId();
    const token = world.system.issuer.token({ userId: writerId, deviceId });
    settings = { url: world.system.url, token, deviceId, folder, conversationId };
  });

  afterEach(async () => {
    await running?.kill();
    await rm(folder, { recursive: true, force: true });
  });

  afterAll(() => world.end());

  function start(options: Partial<ProgramSettings> = {}, fileKilobytes?: number): OutboxProcess {
    running = OutboxProcess.start({ ...settings, ...options }, fileKilobytes);
    return running;
  }

  async function stored(): Promise<Message[]> {
    const all: Message[] = [];
    for (;;) {
      const afterSeq = all.at(-1)?.seq ?? 0;
      const { items } = await reader.client.conversations.messages(conversationId, { afterSeq, limit: 100 });
      all.push(...items);
      if (items.length < 100) return all;
    }
  }

  const textsOf = (messages: readonly Message[]): string[] => messages.map(({ text }) => text);

  test('of a process that is killed again and again: everything once, and in order', async () => {
    const random = seededRandom();
    const expected: string[] = [];
    let pending = 0;
    for (let life = 0; life < 4; life += 1) {
      const program = start();
      const texts = Array.from({ length: 60 }, (_, number) => `life ${life}, text ${number}`);
      program.write(texts);
      await program.reported('sent', texts[random.between(0, 40)] ?? '');
      await program.kill();
      const kept = (await new FileStore(folder).list('outbox/')) as { body: { text: string } }[];
      pending += kept.length;
      const waiting = new Set(kept.map(({ body }) => body.text));
      const there = new Set(textsOf(await stored()));
      expected.push(...texts.filter((text) => waiting.has(text) || there.has(text)));
    }
    const program = start();
    program.write(['the end']);
    await program.reported('sent', 'the end');
    expect(textsOf(await stored())).toEqual([...expected, 'the end']);
    expect(pending).toBeGreaterThan(0);
    const left = async () => (await new FileStore(folder).list('outbox/')).length === 0;
    await until('nothing is left in the outbox', left);
  }, 120_000);

  test('that is full: what cannot be kept fails and is not sent, and the rest goes on', async () => {
    const program = start({}, 4);
    const tooLong = 'long '.repeat(1_500);
    program.write(['before', tooLong, 'after']);
    await program.reported('failed', tooLong);
    await program.reported('sent', 'after');
    expect(program.reports).toContainEqual({
      event: 'failed',
      text: tooLong,
      code: 'UNAVAILABLE',
      outcome: 'none',
    });
    expect(textsOf(await stored())).toEqual(['before', 'after']);
  });

  test.each([
    ['an hour ahead', HOUR_MS],
    ['an hour behind', -HOUR_MS],
  ])('on a machine whose clock is %s', async (_, clockOffMs) => {
    const program = start({ clockOffMs });
    program.write(['one', 'two', 'three']);
    await program.reported('sent', 'three');
    await reader.client.conversation(conversationId).send({ text: 'and back' });
    await program.reported('received', 'and back');
    const messages = await stored();
    expect(messages.map(({ seq, text }) => `${seq} ${text}`)).toEqual([
      '1 one',
      '2 two',
      '3 three',
      '4 and back',
    ]);
    // One token for the socket, and one per request: it is not renewed again and again.
    const tokens = program.reports.map((each) => (each.event === 'sent' ? each.tokens : 0));
    expect(Math.max(...tokens)).toBeLessThan(20);
    for (const { createdAt } of messages) {
      expect(Math.abs(Date.parse(createdAt) - Date.now())).toBeLessThan(HOUR_MS / 2);
    }
  });

  test('shared by two tabs: each message once, in order, whichever tab writes and whichever closes', async () => {
    const memory = new MemoryStore();
    const shared: Store = {
      sharedAs: mintId(),
      put: (key, value) => memory.put(key, value),
      get: (key) => memory.get(key),
      list: (prefix) => memory.list(prefix),
      delete: (key) => memory.delete(key),
    };
    expect(globalThis.navigator.locks).toBeDefined();
    const open = () =>
      world.connected(writerId, { store: shared, deviceId: settings.deviceId, name: mintId() });
    const first = await open();
    let tabs = [first, await open()];
    const expected: string[] = [];
    const byTab = (texts: readonly string[], tab: number) =>
      texts.filter((text) => Number(text.split(' ').at(-1)) % 2 === tab);
    for (let round = 0; round < 4; round += 1) {
      const sends = Array.from({ length: 20 }, (_, number) => {
        const text = `round ${round}, text ${number}`;
        expected.push(text);
        const tab = tabs[number % tabs.length] ?? first;
        return tab.client.conversation(conversationId).send({ text });
      });
      if (round === 1) {
        const keptAll = async () => (await shared.list('outbox/')).length + (await stored()).length >= 40;
        await until('everything is kept', keptAll);
        // The one that sends ends in the middle of it.
        first.client.close();
        tabs = [...tabs.slice(1), await open()];
      }
      await Promise.allSettled(sends);
      await until('all of it is stored', async () => (await stored()).length === expected.length);
    }
    const texts = textsOf(await stored());
    for (const tab of [0, 1]) expect(byTab(texts, tab)).toEqual(byTab(expected, tab));
  });
});
