import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import {
  type AccountEventRecord,
  type Block,
  type Conversation,
  type ListedConversation,
  limits,
  type Message,
  type Page,
  type SyncOverview,
  type SyncResponse,
  topics,
} from '@parley/contracts';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { directConversationId } from '../conversations/direct-conversation-id.js';
import { type TestPerson, TestService } from '../testing/test-service.js';

let service: TestService;
let sql: pg.Pool;
let ada: TestPerson;
let grace: TestPerson;
const told: AccountEventRecord[] = [];
let onTold: () => void = () => undefined;

beforeAll(async () => {
  service = await TestService.start();
  sql = service.app.get(pg.Pool);
  await service.bus.reader.follow({
    topics: [topics.accountEvents.name],
    from: 'earliest',
    onRecords: (records) => {
      for (const { value } of records) told.push(JSON.parse(String(value)) as AccountEventRecord);
      onTold();
    },
  });
});
afterAll(() => service?.stop());
beforeEach(async () => {
  [ada, grace] = await Promise.all([service.person(), service.person()]);
});

const ask = (
  person: TestPerson,
  method: 'PUT' | 'DELETE',
  userId: string,
  idempotencyKey: string = randomUUID(),
) => service.ask(person, method, `/v1/users/me/blocks/${userId}`, { idempotencyKey });
const block = (person: TestPerson, userId: string, key?: string) => ask(person, 'PUT', userId, key);
const unblock = (person: TestPerson, userId: string, key?: string) => ask(person, 'DELETE', userId, key);

async function blocksOf(person: TestPerson, query = ''): Promise<Page<Block>> {
  const { status, body } = await service.ask<Page<Block>>(person, 'GET', `/v1/users/me/blocks${query}`);
  expect(status).toBe(200);
  return body;
}

async function direct(): Promise<string> {
  const body = { kind: 'direct', userId: grace.id };
  return (await service.ask<Conversation>(ada, 'POST', '/v1/conversations', { body })).body.id;
}

const send = (person: TestPerson, id: string, messageId: string = randomUUID()) =>
  service.ask<{ message: Message }>(person, 'POST', `/v1/conversations/${id}/messages`, {
    body: { id: messageId, text: 'hello' },
  });

async function versionOf(id: string): Promise<number | undefined> {
  const { rows } = await sql.query<{ version: number }>(
    'SELECT version FROM messaging.conversations WHERE id = $1',
    [id],
  );
  return rows[0]?.version;
}

async function eventsOf(userId: string, count: number): Promise<AccountEventRecord[]> {
  for (;;) {
    const own = told.filter((record) => record.userId === userId);
    if (own.length >= count) return own;
    await new Promise<void>((resolve) => (onTold = resolve));
  }
}

test('nobody sends to whom they block or who blocks them, until they unblock', async () => {
  const id = await direct();
  expect((await send(grace, id)).status).toBe(201);
  expect((await block(ada, grace.id)).status).toBe(204);
  const fromBlocked = await send(grace, id);
  expect(fromBlocked).toMatchObject({ status: 403, body: { error: { code: 'FORBIDDEN', outcome: 'none' } } });
  expect(fromBlocked.body.error.message).not.toMatch(/block/i);
  const fromBlocker = await send(ada, id);
  expect(fromBlocker).toMatchObject({ status: 403, body: { error: { code: 'FORBIDDEN' } } });
  expect(fromBlocker.body.error.message).toMatch(/unblock/);
  expect((await unblock(ada, grace.id)).status).toBe(204);
  expect((await send(grace, id)).status).toBe(201);
  expect((await send(ada, id)).status).toBe(201);
});

test('a refused send stays refused when it is repeated after the block', async () => {
  const id = await direct();
  await block(ada, grace.id);
  const messageId = randomUUID();
  const first = await send(grace, id, messageId);
  await unblock(ada, grace.id);
  const again = await send(grace, id, messageId);
  expect(again.status).toBe(403);
  expect(again.body.error).toMatchObject({ message: first.body.error.message, retryable: false });
});

test('what was sent before can still be deleted, but gets no new words and no new reactions', async () => {
  const id = await direct();
  const { body } = await send(grace, id);
  const path = `/v1/conversations/${id}/messages/${body.message.id}`;
  const react = (method: string) =>
    service.ask(grace, method, `${path}/reactions/${encodeURIComponent('👍')}`).then(({ status }) => status);
  expect(await react('PUT')).toBe(200);
  await block(ada, grace.id);
  expect((await service.ask(grace, 'PATCH', path, { body: { text: 'listen!' } })).status).toBe(403);
  expect(await react('DELETE')).toBe(200);
  expect(await react('PUT')).toBe(403);
  expect((await service.ask(grace, 'DELETE', path)).status).toBe(200);
});

test('groups of the two are not affected', async () => {
  await block(ada, grace.id);
  const body = { kind: 'group', id: randomUUID(), name: 'Hut 6', memberIds: [grace.id] };
  await service.ask(ada, 'POST', '/v1/conversations', { body });
  expect((await send(grace, body.id)).status).toBe(201);
});

test('the blocker sees whom they block, most recent first, page by page; nobody else does', async () => {
  const others = await Promise.all([1, 2, 3].map(() => service.person()));
  for (const { id } of others) await block(ada, id);
  const ids = others.map(({ id }) => id).reverse();
  const seen: Block[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<Block> = await blocksOf(ada, `?limit=2${cursor === null ? '' : `&cursor=${cursor}`}`);
    seen.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null);
  expect([...seen].sort((a, b) => (a.blockedAt < b.blockedAt ? 1 : -1)).map(({ userId }) => userId)).toEqual(
    seen.map(({ userId }) => userId),
  );
  expect(seen.map(({ userId }) => userId).sort()).toEqual([...ids].sort());
  expect((await blocksOf(others[0] ?? ada)).items).toEqual([]);
  await unblock(ada, ids[0] ?? '');
  expect((await blocksOf(ada)).items.map(({ userId }) => userId)).not.toContain(ids[0]);
});

test('blocking twice is blocking once, and takes one version', async () => {
  const id = await direct();
  const before = (await versionOf(id)) ?? 0;
  await block(ada, grace.id);
  expect((await block(ada, grace.id)).status).toBe(204);
  expect(await versionOf(id)).toBe(before + 1);
  await block(grace, ada.id);
  expect(await versionOf(id)).toBe(before + 2);
  await unblock(ada, grace.id);
  expect((await unblock(ada, grace.id)).status).toBe(204);
  expect(await versionOf(id)).toBe(before + 3);
  expect((await send(grace, id)).status).toBe(403);
  await unblock(grace, ada.id);
  expect((await send(grace, id)).status).toBe(201);
});

test('the same key is the same change, even after the opposite one', async () => {
  const id = await direct();
  const key = randomUUID();
  expect((await block(ada, grace.id, key)).status).toBe(204);
  await unblock(ada, grace.id);
  expect((await block(ada, grace.id, key)).status).toBe(204);
  expect((await send(grace, id)).status).toBe(201);
  expect((await unblock(ada, grace.id, key)).status).toBe(409);
});

test('the account log tells it with the ids of both', async () => {
  await block(ada, grace.id);
  await block(ada, grace.id);
  await unblock(ada, grace.id);
  const both = { contract: 1, userId: ada.id, otherUserId: grace.id };
  expect(await eventsOf(ada.id, 2)).toEqual([
    { event: 'user.blocked', ...both },
    { event: 'user.unblocked', ...both },
  ]);
  expect(told.filter(({ userId }) => userId === grace.id)).toEqual([]);
});

test('while one of the two blocks the other, nobody sees how far the other one has read', async () => {
  const id = await direct();
  await send(ada, id);
  await send(grace, id);
  for (const person of [ada, grace]) {
    const body = { readSeq: 2 };
    expect((await service.ask(person, 'PUT', `/v1/conversations/${id}/receipt`, { body })).status).toBe(200);
  }
  const seen = async (person: TestPerson) => {
    const ids = async (path: string) => {
      const answer = await service.ask<Page<{ userId: string }>>(
        person,
        'GET',
        `/v1/conversations/${id}${path}`,
      );
      expect(answer.status).toBe(200);
      return answer.body.items.map(({ userId }) => userId);
    };
    return [await ids('/receipts'), await ids('/messages/1/readers'), await ids('/messages/2/readers')];
  };
  const both = [ada.id, grace.id].sort();
  for (const person of [ada, grace]) expect(await seen(person)).toEqual([both, [grace.id], [ada.id]]);
  await block(ada, grace.id);
  expect(await seen(ada)).toEqual([[ada.id], [], [ada.id]]);
  expect(await seen(grace)).toEqual([[grace.id], [grace.id], []]);
  await unblock(ada, grace.id);
  for (const person of [ada, grace]) expect(await seen(person)).toEqual([both, [grace.id], [ada.id]]);
});

test('the row that both get says nothing of who blocked whom', async () => {
  const id = await direct();
  const sync = async (person: TestPerson) => {
    const body = { cursors: { [id]: 1 } };
    return (await service.ask<SyncResponse>(person, 'POST', '/v1/sync', { body })).body.conversations[id];
  };
  await block(ada, grace.id);
  const seen = await sync(grace);
  expect(seen).toMatchObject({ toVersion: 2, messages: [], members: [], conversation: { version: 2 } });
  expect(await sync(ada)).toEqual(seen);
});

test('a conversation that a block made is nowhere before its first message, and then everywhere', async () => {
  const id = directConversationId(ada.id, grace.id);
  await block(ada, grace.id);
  await unblock(ada, grace.id);
  const shows = async (person: TestPerson) => {
    const get = async <T>(path: string) => service.ask<T>(person, 'GET', path);
    const synced = await service.ask<SyncResponse>(person, 'POST', '/v1/sync', {
      body: { cursors: { [id]: 0 } },
    });
    const list = await get<Page<ListedConversation>>('/v1/conversations');
    const overview = await get<SyncOverview>('/v1/sync');
    const paths = ['', '/messages', '/members', '/receipts'];
    const reads = await Promise.all(paths.map((path) => get(`/v1/conversations/${id}${path}`)));
    return [
      list.body.items.some((item) => item.id === id),
      overview.body.moved.some(({ conversationId }) => conversationId === id),
      id in synced.body.conversations,
      ...reads.map(({ status }) => status === 200),
    ];
  };
  for (const person of [ada, grace]) expect(await shows(person)).toEqual(Array(7).fill(false));
  const rename = { body: { name: 'x' } };
  expect((await service.ask(grace, 'PATCH', `/v1/conversations/${id}`, rename)).status).toBe(404);
  const mark = { body: { readSeq: 1 } };
  expect((await service.ask(grace, 'PUT', `/v1/conversations/${id}/receipt`, mark)).status).toBe(404);
  expect((await send(grace, id)).body.message).toMatchObject({ seq: 1, version: 3 });
  for (const person of [ada, grace]) expect(await shows(person)).toEqual(Array(7).fill(true));
});

test('a conversation that a block made is shown once somebody creates it', async () => {
  await block(ada, grace.id);
  const body = { kind: 'direct', userId: ada.id };
  const created = await service.ask<Conversation>(grace, 'POST', '/v1/conversations', { body });
  expect(created).toMatchObject({ status: 201, body: { kind: 'direct', version: 2, lastSeq: 0 } });
  for (const person of [ada, grace]) {
    const { body: list } = await service.ask<Page<ListedConversation>>(person, 'GET', '/v1/conversations');
    expect(list.items).toMatchObject([{ id: created.body.id, lastMessage: null }]);
  }
  expect((await send(grace, created.body.id)).status).toBe(403);
});

test('unblocking whom one never had to do with makes nothing', async () => {
  const key = randomUUID();
  for (let n = 0; n < 2; n += 1) expect((await unblock(ada, grace.id, key)).status).toBe(204);
  expect(await versionOf(directConversationId(ada.id, grace.id))).toBeUndefined();
});

test('refuses oneself, who does not exist, what is no id, and too many', async () => {
  expect(await block(ada, ada.id)).toMatchObject({ status: 400, body: { error: { code: 'INVALID' } } });
  expect((await unblock(ada, ada.id)).status).toBe(400);
  expect((await block(ada, randomUUID())).status).toBe(404);
  expect((await block(ada, 'me')).status).toBe(400);
  expect((await block(ada, grace.id, 'no-key')).status).toBe(400);
  expect((await service.ask(ada, 'GET', '/v1/users/me/blocks?cursor=x')).status).toBe(400);
  expect((await service.ask(null, 'PUT', `/v1/users/me/blocks/${grace.id}`)).status).toBe(401);
  await sql.query(
    `INSERT INTO messaging.blocks SELECT $1, gen_random_uuid(), gen_random_uuid(), now() FROM generate_series(1, $2)`,
    [ada.id, limits.blocks.max],
  );
  expect(await block(ada, grace.id)).toMatchObject({ status: 413, body: { error: { code: 'TOO_LARGE' } } });
  expect((await blocksOf(ada)).items).toHaveLength(50);
});
