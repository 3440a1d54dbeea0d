import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { type Ack } from '@parley/contracts';
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
    before.sender.read('a', 7);
    before.sender.delivered('a', 9);
    await pass(MERGED_MS);
    const { sender, sent } = setUp(before.store);
    await sender.start();
    sender.sessionBegan();
    await pass(MERGED_MS);
    expect(sent).toEqual([{ conversationId: 'a', readSeq: 7 }]);
  });
});
