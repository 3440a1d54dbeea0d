import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mintId } from '@parley/client';
import { type ListedConversation, type Page, type SyncOverview } from '@parley/contracts';
import { until } from '../harness/conditions.js';
import { LiveDevice } from '../harness/live-device.js';
import { type LoggedDevice } from '../harness/logged-device.js';
import { runningSystem } from '../harness/running-system.js';
import { World } from '../harness/world.js';

const FUTURE = 1_000_000_000;

describe('cursors and marks that nobody was given', () => {
  const world = new World(runningSystem());
  let owner: LoggedDevice;
  let reader: LoggedDevice;
  let strangerId: string;
  let conversationId: string;

  beforeAll(async () => {
    const [ownerId, readerId, stranger] = (await world.people(3)) as [string, string, string];
    strangerId = stranger;
    owner = await world.connected(ownerId);
    reader = await world.connected(readerId);
    conversationId = await world.group(owner, [readerId]);
    await world.group(owner, [readerId], 'another');
    for (let seq = 1; seq <= 3; seq += 1) await owner.client.send(conversationId, `text ${seq}`);
  });

  afterAll(() => world.end());

  async function ask<Answer>(userId: string, method: string, path: string, body?: object) {
    const token = world.system.issuer.token({ userId, deviceId: mintId() });
    const response = await fetch(world.system.url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return { status: response.status, answer: (await response.json()) as Answer };
  }

  const listed = async (userId: string) => {
    const { answer } = await ask<Page<ListedConversation>>(userId, 'GET', '/v1/conversations');
    return answer.items.find(({ id }) => id === conversationId);
  };

  test('a sync from the future gets the newest page, and starts the device anew', async () => {
    const { conversations } = await reader.client.conversations.sync({ [conversationId]: FUTURE });
    expect(conversations[conversationId]).toMatchObject({ limited: true, floorSeq: 1 });
    expect(conversations[conversationId]?.messages.map(({ text }) => text)).toEqual([
      'text 1',
      'text 2',
      'text 3',
    ]);
  });

  test.each([0, 1, FUTURE])('a sync of a conversation of others from %d is told nothing', async (cursor) => {
    const body = { cursors: { [conversationId]: cursor } };
    const { answer } = await ask(strangerId, 'POST', '/v1/sync', body);
    expect(answer).toMatchObject({ conversations: {} });
  });

  test('the overview of somebody else, tampered with or not, tells only what is one’s own', async () => {
    const { answer } = await ask<SyncOverview>(owner.userId, 'GET', '/v1/sync');
    for (const since of [answer.next, `${answer.next}x`, answer.next.slice(1), mintId()]) {
      const path = `/v1/sync?since=${encodeURIComponent(since)}`;
      const stolen = await ask<SyncOverview>(strangerId, 'GET', path);
      expect([200, 400]).toContain(stolen.status);
      if (stolen.status === 200) expect(stolen.answer).toMatchObject({ moved: [], marks: [] });
    }
  });

  test('a cursor of a list that was tampered with, or is of somebody else, opens nothing', async () => {
    const { answer } = await ask<Page<ListedConversation>>(owner.userId, 'GET', '/v1/conversations?limit=1');
    const cursor = answer.nextCursor ?? '';
    expect(cursor).not.toBe('');
    for (const each of [cursor, `${cursor}x`, cursor.slice(1), '%00', mintId()]) {
      const path = `/v1/conversations?cursor=${encodeURIComponent(each)}`;
      const stolen = await ask<Page<ListedConversation>>(strangerId, 'GET', path);
      expect([200, 400]).toContain(stolen.status);
      if (stolen.status === 200) expect(stolen.answer.items).toEqual([]);
    }
  });

  test('marks beyond the last message reach as far as it, and what comes later is unread', async () => {
    const deviceId = mintId();
    const token = world.system.issuer.token({ userId: reader.userId, deviceId });
    const { gatewayUrls } = world.system;
    const device = await LiveDevice.connect(gatewayUrls[0] ?? '', { userId: reader.userId, deviceId, token });
    const mark = { conversationId, deliveredSeq: FUTURE, readSeq: FUTURE };
    expect(await device.ask('receipt.advance', mark)).toMatchObject({ ok: true });
    await until('the mark is stored', async () => (await listed(reader.userId))?.readSeq === 3);
    device.close();
    await owner.client.send(conversationId, 'text 4');
    expect(await listed(reader.userId)).toMatchObject({ readSeq: 3, deliveredSeq: 3, unreadCount: 1 });
  });

  test('marks of who is no member change nothing, and tell nothing', async () => {
    const deviceId = mintId();
    const token = world.system.issuer.token({ userId: strangerId, deviceId });
    const { gatewayUrls } = world.system;
    const device = await LiveDevice.connect(gatewayUrls[0] ?? '', { userId: strangerId, deviceId, token });
    await device.ask('receipt.advance', { conversationId, readSeq: 2 });
    device.close();
    const path = `/v1/conversations/${conversationId}`;
    expect((await ask(strangerId, 'PUT', `${path}/receipt`, { readSeq: 2 })).status).toBe(404);
    expect((await ask(strangerId, 'GET', `${path}/receipts`)).status).toBe(404);
    expect((await ask(strangerId, 'GET', `${path}/messages/2/readers`)).status).toBe(404);
    const { answer } = await ask<Page<{ userId: string }>>(owner.userId, 'GET', `${path}/receipts`);
    expect(answer.items.map(({ userId }) => userId)).not.toContain(strangerId);
  });

  test.each([-1, 1.5, '2', null, Number.MAX_SAFE_INTEGER + 1])('a mark of %p is refused', async (readSeq) => {
    const path = `/v1/conversations/${conversationId}/receipt`;
    const { status, answer } = await ask(reader.userId, 'PUT', path, { readSeq });
    expect({ status, answer }).toMatchObject({ status: 400, answer: { error: { code: 'INVALID' } } });
  });
});
