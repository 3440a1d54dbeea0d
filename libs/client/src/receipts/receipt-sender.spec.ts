import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { type Ack } from '@parley/contracts';
import { Connection } from '../connection/connection.js';
import { TinyGateway } from '../connection/testing/tiny-gateway.js';
import { refused } from '../outbox/testing/scripted-link.js';
import { MemoryStore } from '../stores/memory-store.js';
import { type OwnMarks, ReceiptSender } from './receipt-sender.js';

/** Longer than marks wait for each other. */
const MERGED_MS = 500;
/** Longer than a failed one waits for the first two further tries. */
const RETRIED_MS = 5_000;

const setUp = (store = new MemoryStore()) => {
  const sent: OwnMarks[] = [];
  const answers: (Ack<never> | Promise<Ack<never>>)[] = [];
  const link = {
    request: async <Data>(_: string, body: object): Promise<Ack<Data>> => {
      sent.push(body as OwnMarks);
      return (await answers.shift()) ?? { ok: true, data: {} as Data };
    },
  };
  return { sender: new ReceiptSender(link, store), sent, answers, store };
};
const pass = (milliseconds: number) => jest.advanceTimersByTimeAsync(milliseconds);

describe('marks of one’s own', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  test('that come together go out as one, the highest of each', async () => {
    const { sender, sent } = setUp();
    sender.sessionBegan();
    await pass(MERGED_MS);
    sender.delivered('a', 4);
    sender.delivered('a', 9);
    sender.read('a', 7);
    sender.read('a', 5);
    sender.read('b', 3);
    sender.delivered('b', 2);
    await pass(MERGED_MS);
    expect(sent).toEqual([
      { conversationId: 'a', deliveredSeq: 9, readSeq: 7 },
      // What is read was delivered.
      { conversationId: 'b', readSeq: 3 },
    ]);
  });

  test('are told once where they get through', async () => {
    const { sender, sent, store } = setUp();
    sender.sessionBegan();
    sender.read('a', 7);
    await pass(RETRIED_MS);
    sender.sessionLost();
    sender.sessionBegan();
    await pass(RETRIED_MS);
    expect(sent).toEqual([{ conversationId: 'a', readSeq: 7 }]);
    expect(await store.list('')).toEqual([]);
  });

  test('wait for a session, and go out with it', async () => {
    const { sender, sent } = setUp();
    sender.delivered('a', 4);
    await pass(RETRIED_MS);
    expect(sent).toEqual([]);
    sender.sessionBegan();
    await pass(MERGED_MS);
    expect(sent).toEqual([{ conversationId: 'a', deliveredSeq: 4 }]);
  });

  test('that were not answered go out again after a reconnect, with what came meanwhile', async () => {
    const { sender, sent, answers } = setUp();
    let cut = (_: Ack<never>): void => undefined;
    answers.push(new Promise((resolve) => (cut = resolve)));
    sender.sessionBegan();
    sender.read('a', 7);
    await pass(MERGED_MS);
    sender.sessionLost();
    cut(refused('TIMEOUT', 'unknown', true));
    await pass(RETRIED_MS);
    sender.delivered('a', 9);
    expect(sent).toHaveLength(1);
    sender.sessionBegan();
    await pass(MERGED_MS);
    expect(sent.slice(1)).toEqual([{ conversationId: 'a', deliveredSeq: 9, readSeq: 7 }]);
  });

  test('whose answer is outstanding when the next session begins go out once more, and no lower than before', async () => {
    const { sender, sent, answers } = setUp();
    let cut = (_: Ack<never>): void => undefined;
    answers.push(new Promise((resolve) => (cut = resolve)));
    sender.sessionBegan();
    sender.read('a', 7);
    await pass(MERGED_MS);
    sender.sessionLost();
    sender.sessionBegan();
    await pass(MERGED_MS);
    sender.read('a', 9);
    sender.read('a', 8);
    await pass(MERGED_MS);
    cut(refused('TIMEOUT', 'unknown', true));
    await pass(MERGED_MS);
    expect(sent.map(({ readSeq }) => readSeq)).toEqual([7, 9]);
    await pass(RETRIED_MS);
    expect(sent).toHaveLength(2);
  });

  test('that rise while they are on their way go out again', async () => {
    const { sender, sent, answers } = setUp();
    let answer = (_: Ack<never>): void => undefined;
    answers.push(new Promise((resolve) => (answer = resolve)));
    sender.sessionBegan();
    sender.read('a', 7);
    await pass(MERGED_MS);
    sender.read('a', 8);
    answer({ ok: true, data: {} as never });
    await pass(RETRIED_MS);
    expect(sent.map(({ readSeq }) => readSeq)).toEqual([7, 8]);
  });

  test('are tried again within the session while the server is busy, and let go where it refuses them', async () => {
    const { sender, sent, answers } = setUp();
    sender.sessionBegan();
    answers.push(refused('OVERLOADED', 'none', true), refused('FORBIDDEN', 'none', false));
    sender.read('a', 7);
    await pass(30_000);
    expect(sent).toHaveLength(2);
  });

  test('of reading outlive a restart', async () => {
    const before = setUp();
    await before.sender.start('ada');
    before.sender.read('a', 7);
    before.sender.delivered('a', 9);
    await pass(MERGED_MS);
    const { sender, sent } = setUp(before.store);
    await sender.start('ada');
    sender.sessionBegan();
    await pass(MERGED_MS);
    expect(sent).toEqual([{ conversationId: 'a', readSeq: 7 }]);
  });

  test('of reading outlive a restart as the highest, however slow the device writes', async () => {
    const store = new MemoryStore();
    const put = store.put.bind(store);
    const slowMs = 300;
    jest.spyOn(store, 'put').mockImplementationOnce(async (key, value) => {
      await new Promise((resolve) => setTimeout(resolve, slowMs));
      await put(key, value);
    });
    const before = setUp(store);
    await before.sender.start('ada');
    before.sender.read('a', 7);
    before.sender.read('a', 9);
    before.sender.read('a', 8);
    await pass(slowMs);
    const { sender, sent } = setUp(store);
    await sender.start('ada');
    sender.sessionBegan();
    await pass(MERGED_MS);
    expect(sent).toEqual([{ conversationId: 'a', readSeq: 9 }]);
  });
});

describe('a socket that drops while an answer is outstanding', () => {
  test('costs no mark: the last one arrives on the next socket, and none goes back', async () => {
    let silent = true;
    const gateway = new TinyGateway({ answers: (name) => name !== 'receipt.advance' || !silent });
    const connection = new Connection({
      url: await gateway.url(),
      token: () => 'token',
      deviceId: async () => 'device',
    });
    try {
      const store = new MemoryStore();
      const sender = new ReceiptSender(connection, store);
      connection.on('ready', () => sender.sessionBegan());
      connection.on('lost', () => sender.sessionLost());
      connection.connect();
      const first = await gateway.socketNumber(1);
      sender.read('a', 7);
      await first.requested('receipt.advance');
      sender.read('a', 9);
      silent = false;
      first.cut();
      const second = await gateway.socketNumber(2);
      await second.requested('receipt.advance');
      while ((await store.list('')).length > 0) await new Promise((resolve) => setTimeout(resolve, 5));
      expect([first.requests, second.requests]).toEqual([
        [['receipt.advance', { conversationId: 'a', readSeq: 7 }]],
        [['receipt.advance', { conversationId: 'a', readSeq: 9 }]],
      ]);
    } finally {
      connection.close();
      gateway.close();
    }
  });
});
