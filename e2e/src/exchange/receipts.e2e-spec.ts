import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { mintId } from '@parley/client';
import {
  type ListedConversation,
  type Page,
  type Reader,
  type Receipt,
  type ReceiptAdvanced,
  type ReceiptPut,
  type ReceiptSummarized,
  type TypingChanged,
} from '@parley/contracts';
import { pause } from '../harness/conditions.js';
import { LiveDevice } from '../harness/live-device.js';
import { type LoggedDevice } from '../harness/logged-device.js';
import { seededRandom } from '../harness/random.js';
import { runningSystem } from '../harness/running-system.js';
import { World } from '../harness/world.js';

const ok = { ok: true, data: {} };

describe('receipts', () => {
  const world = new World(runningSystem());
  const live: LiveDevice[] = [];
  let owner: LoggedDevice;
  let ada: string;
  let grace: string;
  let alan: string;

  beforeAll(async () => {
    [ada, grace, alan] = (await world.people(3)) as [string, string, string];
    owner = await world.connected(ada);
  });
  afterEach(() => {
    for (const device of live.splice(0)) device.close();
  });
  afterAll(() => world.end());

  /** A further device of somebody, on another gateway each time. */
  async function device(userId: string): Promise<LiveDevice> {
    const { gatewayUrls, issuer } = world.system;
    const deviceId = mintId();
    const url = gatewayUrls[live.length % gatewayUrls.length] ?? '';
    const connected = await LiveDevice.connect(url, {
      userId,
      deviceId,
      token: issuer.token({ userId, deviceId }),
    });
    live.push(connected);
    return connected;
  }

  async function rest<T>(userId: string, method: string, path: string, body?: unknown): Promise<T> {
    const token = world.system.issuer.token({ userId, deviceId: mintId() });
    const response = await fetch(world.system.url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return (await response.json()) as T;
  }

  const put = (userId: string, id: string, marks: ReceiptPut) =>
    rest<Receipt & { error?: { code: string } }>(userId, 'PUT', `/v1/conversations/${id}/receipt`, marks);

  async function standing(userId: string, id: string) {
    const path = `/v1/conversations/${id}`;
    const { unreadCount, deliveredSeq, readSeq } = await rest<ListedConversation>(userId, 'GET', path);
    return { unreadCount, deliveredSeq, readSeq };
  }

  async function begin(memberIds: string[], messages: number): Promise<string> {
    const id = await world.group(owner, memberIds);
    for (let n = 1; n <= messages; n += 1) await owner.client.send(id, `text ${n}`);
    return id;
  }

  /** Every message process knows these sessions once each of them has seen somebody typing. */
  async function introduced(id: string, typist: LiveDevice, others: LiveDevice[]): Promise<void> {
    const sawTyping = (each: LiveDevice) =>
      each.events<TypingChanged>('typing.changed').some(({ conversationId }) => conversationId === id);
    while (!others.every(sawTyping)) {
      expect(await typist.ask('typing.set', { conversationId: id, active: true })).toEqual(ok);
      await pause(100);
    }
  }

  test('reach all members of a group of three live, and so does typing', async () => {
    const id = await begin([grace, alan], 4);
    const [graces, alans, adas] = [await device(grace), await device(alan), await device(ada)];
    await introduced(id, graces, [alans, adas]);
    expect(graces.events('typing.changed')).toEqual([]);
    await introduced(id, alans, [graces]);
    const mark = { conversationId: id, deliveredSeq: 4, readSeq: 3 };
    expect(await graces.ask('receipt.advance', mark)).toEqual(ok);
    for (const each of [graces, alans, adas]) {
      await each.sees<ReceiptAdvanced>('receipt.advanced', (body) => body.userId === grace);
      expect(each.events('receipt.advanced')).toEqual([{ ...mark, userId: grace }]);
    }
    const { items } = await rest<Page<Receipt>>(alan, 'GET', `/v1/conversations/${id}/receipts`);
    expect(items).toContainEqual({ userId: grace, deliveredSeq: 4, readSeq: 3 });
    const readersOf = async (seq: number) =>
      (await rest<Page<Reader>>(ada, 'GET', `/v1/conversations/${id}/messages/${seq}/readers`)).items;
    expect(await readersOf(3)).toMatchObject([{ userId: grace }]);
    expect(await readersOf(4)).toEqual([]);
  });

  test('of a person with two devices: who reads on one has read on both', async () => {
    const id = await begin([grace], 5);
    const [phone, laptop, adas] = [await device(grace), await device(grace), await device(ada)];
    await introduced(id, adas, [phone, laptop]);
    expect(await standing(grace, id)).toEqual({ unreadCount: 5, deliveredSeq: 0, readSeq: 0 });
    await phone.ask('receipt.advance', { conversationId: id, readSeq: 5 });
    await laptop.sees<ReceiptAdvanced>(
      'receipt.advanced',
      ({ userId, readSeq }) => userId === grace && readSeq === 5,
    );
    expect(await standing(grace, id)).toEqual({ unreadCount: 0, deliveredSeq: 5, readSeq: 5 });
    await owner.client.send(id, 'one more');
    expect(await standing(grace, id)).toMatchObject({ unreadCount: 1 });
    expect(await put(grace, id, { readSeq: 6 })).toEqual({ userId: grace, deliveredSeq: 6, readSeq: 6 });
    expect(await standing(grace, id)).toMatchObject({ unreadCount: 0 });
    await phone.sees<ReceiptAdvanced>('receipt.advanced', ({ readSeq }) => readSeq === 6);
  });

  test('of messages that do not exist reach as far as the last one', async () => {
    const id = await begin([grace], 2);
    expect(await put(grace, id, { readSeq: 1_000_000 })).toMatchObject({ deliveredSeq: 2, readSeq: 2 });
    await owner.client.send(id, 'later');
    expect(await standing(grace, id)).toMatchObject({ unreadCount: 1, readSeq: 2 });
  });

  test('of a removed member are ignored, and theirs to see no more', async () => {
    const id = await begin([grace, alan], 3);
    const [graces, alans] = [await device(grace), await device(alan)];
    await introduced(id, alans, [graces]);
    await put(grace, id, { readSeq: 1 });
    await graces.sees<ReceiptAdvanced>('receipt.advanced', ({ userId }) => userId === grace);
    await owner.client.conversations.removeMember(id, grace);
    const before = graces.events('receipt.advanced').length;
    expect(await graces.ask('receipt.advance', { conversationId: id, readSeq: 3 })).toEqual(ok);
    expect(await put(grace, id, { readSeq: 3 })).toMatchObject({ error: { code: 'NOT_FOUND' } });
    expect(await alans.ask('receipt.advance', { conversationId: id, readSeq: 2 })).toEqual(ok);
    await alans.sees<ReceiptAdvanced>('receipt.advanced', ({ userId }) => userId === alan);
    const { items } = await rest<Page<Receipt>>(ada, 'GET', `/v1/conversations/${id}/receipts`);
    expect(items.map(({ userId }) => userId).sort()).toEqual([ada, alan].sort());
    expect(graces.events('receipt.advanced')).toHaveLength(before);
    await owner.client.conversations.addMembers(id, [grace]);
    expect(await standing(grace, id)).toMatchObject({ readSeq: 1, unreadCount: 2 });
  });

  test('never go back, whichever way and in whatever order they come', async () => {
    const messages = 40;
    const id = await begin([grace, alan], messages);
    const [phone, laptop, alans] = [await device(grace), await device(grace), await device(alan)];
    await introduced(id, alans, [phone, laptop]);
    await introduced(id, phone, [alans]);
    const random = seededRandom();
    const anySeq = () => random.between(1, messages);
    for (let round = 0; round < 15; round += 1) {
      await Promise.all([
        phone.ask('receipt.advance', { conversationId: id, deliveredSeq: anySeq() }),
        laptop.ask('receipt.advance', { conversationId: id, deliveredSeq: anySeq(), readSeq: anySeq() }),
        put(grace, id, { readSeq: anySeq() }),
      ]);
    }
    await phone.ask('receipt.advance', { conversationId: id, deliveredSeq: messages, readSeq: messages });
    for (const each of [phone, laptop, alans]) {
      await each.sees<ReceiptAdvanced>('receipt.advanced', ({ readSeq }) => readSeq === messages);
    }
    expect(await put(grace, id, { readSeq: 1 })).toMatchObject({ deliveredSeq: messages, readSeq: messages });
    for (const each of [phone, laptop, alans]) {
      const told = each.events<ReceiptAdvanced>('receipt.advanced');
      for (const [n, { deliveredSeq, readSeq }] of told.entries()) {
        expect(deliveredSeq).toBeGreaterThanOrEqual(told[n - 1]?.deliveredSeq ?? 0);
        expect(readSeq).toBeGreaterThanOrEqual(told[n - 1]?.readSeq ?? 0);
        expect(deliveredSeq).toBeGreaterThanOrEqual(readSeq);
      }
    }
  });

  test('in a group of more than 100 come as counts to who wrote, until they are complete', async () => {
    const others = await world.people(120);
    const messages = 20;
    const id = await begin(others, messages);
    const [adas, reader] = [await device(ada), await device(others[0] ?? '')];
    // One's own marks come back as soon as one's session is known.
    for (let seq = 1; reader.events('receipt.advanced').length === 0; seq += 1) {
      expect(seq).toBeLessThan(messages);
      await reader.ask('receipt.advance', { conversationId: id, deliveredSeq: seq });
      await pause(300);
    }
    await Promise.all(others.slice(1).map((userId) => put(userId, id, { readSeq: messages })));
    await reader.ask('receipt.advance', { conversationId: id, readSeq: messages });
    await adas.sees<ReceiptSummarized>('receipt.summarized', ({ conversationId, counts }) => {
      const last = counts.at(-1);
      const isComplete = last?.readCount === others.length && last.deliveredCount === others.length;
      return conversationId === id && last?.seq === messages && isComplete;
    });
    expect(reader.events('receipt.summarized')).toEqual([]);
    const all: string[] = [];
    let cursor: string | null = null;
    do {
      const query: string = cursor === null ? '' : `&cursor=${cursor}`;
      const path = `/v1/conversations/${id}/messages/${messages}/readers?limit=100${query}`;
      const page: Page<Reader> = await rest<Page<Reader>>(ada, 'GET', path);
      all.push(...page.items.map(({ userId }) => userId));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(all).toEqual([...others].sort());
  });
});
