import { randomUUID } from 'node:crypto';
import { afterEach, expect, test } from '@jest/globals';
import { type SignalRecord, topics } from '@parley/contracts';
import { type MemoryBus, type OutgoingRecord, PublishError } from '@parley/event-bus';
import type { Socket } from 'socket.io-client';
import { type Client, GatewayHarness, type HarnessOptions } from '../testing/gateway-harness.js';

const conversationId = randomUUID();
const ok = { ok: true, data: {} };
/** Emits what the types do not allow. */
const untyped = (client: Client) => client as unknown as Socket;

let gateway: GatewayHarness;
afterEach(() => gateway.stop());

type Publish = MemoryBus['background']['publish'];

/** The gateway with `publish` in place of what publishes its signals; the original is handed over. */
async function start(publish: (write: Publish) => Publish, options: HarnessOptions = {}): Promise<void> {
  const wrap = (bus: MemoryBus) => {
    const write: Publish = (records) => bus.publisher.publish(records);
    return { ...bus, background: { publish: publish(write) } };
  };
  gateway = await GatewayHarness.start({ wrap, ...options });
}

const plainly = (write: Publish) => write;
const isTyping = (record: OutgoingRecord) => record.value?.includes('"typing.set"') ?? false;

async function signals(): Promise<SignalRecord[]> {
  const records = await gateway.recordsOf(topics.conversationSignals.name);
  return records.map(([, value]) => JSON.parse(value ?? '') as SignalRecord);
}

test('a mark stands in the log when it is answered', async () => {
  await start(plainly);
  const ada = await gateway.connect();
  const body = { conversationId, deliveredSeq: 7, readSeq: 5 };
  expect(await ada.client.emitWithAck('receipt.advance', body)).toEqual(ok);
  const { userId, deviceId } = ada;
  expect(await signals()).toEqual([
    { kind: 'receipt.advance', ...body, userId, deviceId, deviceActive: true },
  ]);
});

test('10,000 marks of one device at once become few records, the highest of each conversation', async () => {
  const limits = { commandsPerSecond: 10_000, commandBurst: 30_000, inFlightPerSocket: 4_096 };
  await start(plainly, { limits });
  const { client } = await gateway.connect();
  const others = [randomUUID(), randomUUID()];
  const answers = Array.from({ length: 10_000 }, (_, n) =>
    client.emitWithAck('receipt.advance', {
      conversationId: others[n % 2] ?? '',
      ...(n % 3 === 0 ? { readSeq: n } : { deliveredSeq: 10_000 - n }),
    }),
  );
  expect(new Set((await Promise.all(answers)).map((ack) => JSON.stringify(ack)))).toEqual(
    new Set([JSON.stringify(ok)]),
  );
  const records = (await signals()).filter((signal) => signal.kind === 'receipt.advance');
  expect(records.length).toBeLessThan(400);
  const highest = (id: string | undefined, mark: 'deliveredSeq' | 'readSeq') =>
    Math.max(...records.filter((each) => each.conversationId === id).map((each) => each[mark] ?? 0));
  expect(others.map((id) => [highest(id, 'deliveredSeq'), highest(id, 'readSeq')])).toEqual([
    [9_998, 9_996],
    [9_999, 9_999],
  ]);
});

test('marks of two people in one conversation are not merged', async () => {
  await start(plainly);
  const people = [await gateway.connect(), await gateway.connect()];
  await Promise.all(
    people.map(({ client }, n) => client.emitWithAck('receipt.advance', { conversationId, readSeq: n + 1 })),
  );
  const marks = (await signals()).map((signal) => [signal.userId, 'readSeq' in signal && signal.readSeq]);
  expect(new Map(marks as [string, number][])).toEqual(
    new Map(people.map(({ userId }, n) => [userId, n + 1])),
  );
});

test('a mark that the log does not confirm is refused, to be tried again', async () => {
  let isAway = true;
  await start((write) => async (records) => {
    if (isAway) throw new PublishError('no leader', [...records.keys()]);
    return write(records);
  });
  const { client } = await gateway.connect();
  const body = { conversationId, readSeq: 1 };
  expect(await client.emitWithAck('receipt.advance', body)).toMatchObject({
    ok: false,
    error: { code: 'UNAVAILABLE', retryable: true, outcome: 'unknown' },
  });
  isAway = false;
  expect(await client.emitWithAck('receipt.advance', body)).toEqual(ok);
});

test('signals that are stuck hold up no command, and typing that is stuck no receipt', async () => {
  let stuck: (record: OutgoingRecord) => boolean = isTyping;
  await start((write) => (records) => (records.some((each) => stuck(each)) ? never() : write(records)));
  gateway.message.onCommand((command) => void gateway.message.reply(command, '{"ok":true}'));
  const { client } = await gateway.connect();
  expect(await client.emitWithAck('typing.set', { conversationId, active: true })).toEqual(ok);
  expect(await client.emitWithAck('receipt.advance', { conversationId, readSeq: 1 })).toEqual(ok);
  stuck = () => true;
  const waiting = Array.from({ length: 250 }, (_, n) =>
    client.emitWithAck('receipt.advance', { conversationId, readSeq: n }).catch(() => 'closed'),
  );
  for (let n = 0; n < 3; n += 1) {
    const send = { conversationId, id: randomUUID(), text: 'hello' };
    expect(await client.emitWithAck('message.send', send)).toEqual({ ok: true });
  }
  expect(await Promise.race([...waiting, Promise.resolve('waiting')])).toBe('waiting');
});

test('marks that wait are bounded', async () => {
  await start(() => never, { limits: { commandsQueued: 3 } });
  const { client } = await gateway.connect();
  const mark = (readSeq: number) => client.emitWithAck('receipt.advance', { conversationId, readSeq });
  for (const readSeq of [1, 2, 3]) mark(readSeq).catch(() => 'the socket is closed at the end');
  expect(await mark(4)).toMatchObject({ ok: false, error: { code: 'OVERLOADED', retryable: true } });
});

test('typing is answered at once and passed on, as it was last', async () => {
  await start(plainly);
  const { client, userId } = await gateway.connect();
  for (const active of [false, true]) {
    expect(await client.emitWithAck('typing.set', { conversationId, active })).toEqual(ok);
  }
  let last: SignalRecord | undefined;
  while (last?.kind !== 'typing.set' || !last.active) last = (await signals()).at(-1);
  expect(last).toEqual({ kind: 'typing.set', conversationId, userId, active: true });
});

test.each([
  ['receipt.advance', {}],
  ['receipt.advance', { conversationId }],
  ['receipt.advance', { conversationId, readSeq: -1 }],
  ['receipt.advance', { conversationId, readSeq: 1.5 }],
  ['receipt.advance', { conversationId, readSeq: 1e300 }],
  ['receipt.advance', { conversationId, readSeq: '1' }],
  ['receipt.advance', { conversationId, readSeq: null }],
  ['receipt.advance', { conversationId: 'x', readSeq: 1 }],
  ['receipt.advance', { conversationId, readSeq: 1, userId: randomUUID() }],
  ['typing.set', { conversationId }],
  ['typing.set', { conversationId, active: 'yes' }],
])('%s with %j is refused', async (command, body) => {
  await start(plainly);
  const { client } = await gateway.connect();
  expect(await untyped(client).emitWithAck(command, body)).toMatchObject({
    ok: false,
    error: { code: 'INVALID', retryable: false, outcome: 'none' },
  });
  expect(await signals()).toEqual([]);
});

function never(): Promise<never> {
  return new Promise(() => undefined);
}
