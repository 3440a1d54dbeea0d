import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type Conversation, type MovedConversation, type SyncOverview } from '@parley/contracts';
import { hash, randomUUID } from 'node:crypto';
import pg from 'pg';
import { type TestPerson, TestService } from '../testing/test-service.js';
import { readMoment } from './database-moment.js';
import { renewHistoryEpoch } from './renew-history-epoch.js';
import { SinceTokens } from './since-token.js';

let service: TestService;
let ada: TestPerson;
let grace: TestPerson;
let sql: pg.Pool;

beforeAll(async () => {
  service = await TestService.start();
  sql = service.app.get(pg.Pool);
});
afterAll(() => service?.stop());

beforeEach(async () => {
  [ada, grace] = await Promise.all([service.person(), service.person()]);
});

async function group(others: TestPerson[]): Promise<string> {
  const body = { kind: 'group', id: randomUUID(), name: 'Hut 6', memberIds: others.map(({ id }) => id) };
  const { body: conversation } = await service.ask<Conversation>(ada, 'POST', '/v1/conversations', { body });
  return conversation.id;
}

const change = (person: TestPerson, id: string, method: string, path: string, body?: object) =>
  service.ask(person, method, `/v1/conversations/${id}${path}`, body ? { body } : {});

const send = (person: TestPerson, id: string) =>
  change(person, id, 'POST', '/messages', { id: randomUUID(), text: 'hello' });

async function whatMoved(person: TestPerson, since?: string): Promise<SyncOverview> {
  const query = since === undefined ? '' : `?since=${encodeURIComponent(since)}`;
  const { status, body } = await service.ask<SyncOverview>(person, 'GET', `/v1/sync${query}`);
  expect(status).toBe(200);
  return body;
}

/** All pages. */
async function everythingMoved(person: TestPerson, since?: string) {
  const pages = [await whatMoved(person, since)];
  while (pages.at(-1)?.more) pages.push(await whatMoved(person, pages.at(-1)?.next));
  return { pages, moved: pages.flatMap(({ moved }) => moved), next: String(pages.at(-1)?.next) };
}

const versions = (moved: readonly MovedConversation[]) =>
  new Map(moved.map(({ conversationId, version }) => [conversationId, version]));

test('tells a device that knows nothing all conversations, and later only those that moved', async () => {
  const [quiet, loud] = [await group([grace]), await group([grace])];
  await send(ada, loud);
  const all = await whatMoved(grace);
  expect(versions(all.moved)).toEqual(
    new Map([
      [quiet, 1],
      [loud, 2],
    ]),
  );
  expect(all.more).toBeUndefined();
  const none = await whatMoved(grace, all.next);
  expect(none).toMatchObject({ moved: [], marks: [], historyEpoch: all.historyEpoch });
  const message = randomUUID();
  await change(ada, loud, 'POST', '/messages', { id: message, text: 'edited soon' });
  await change(ada, loud, 'PATCH', `/messages/${message}`, { text: 'edited' });
  const since = await whatMoved(grace, none.next);
  expect(since.moved).toEqual([{ conversationId: loud, version: 4 }]);
  expect((await whatMoved(grace, since.next)).moved).toEqual([]);
  expect((await whatMoved(grace, none.next)).moved).toEqual(since.moved);
});

test('tells names, roles, and what one was added to', async () => {
  const [renamed, ruled, joined] = [await group([grace]), await group([grace]), await group([])];
  const { next } = await whatMoved(grace);
  await change(ada, renamed, 'PATCH', '', { name: 'Hut 8' });
  await change(ada, ruled, 'PATCH', `/members/${grace.id}`, { role: 'admin' });
  await change(ada, joined, 'POST', '/members', { userIds: [grace.id] });
  const { moved } = await whatMoved(grace, next);
  expect(versions(moved)).toEqual(new Map([renamed, ruled, joined].map((id) => [id, 2])));
});

test('tells who has left of the leaving, and nothing of what moves after it', async () => {
  const id = await group([grace]);
  const before = await whatMoved(grace);
  await change(ada, id, 'DELETE', `/members/${grace.id}`);
  await send(ada, id);
  const left = await whatMoved(grace, before.next);
  expect(left.moved).toEqual([{ conversationId: id, version: 2, left: true }]);
  expect((await whatMoved(grace)).moved).toEqual(left.moved);
  await send(ada, id);
  const after = await whatMoved(grace, left.next);
  expect(after.moved).toEqual([]);
  await change(ada, id, 'POST', '/members', { userIds: [grace.id] });
  expect((await whatMoved(grace, after.next)).moved).toEqual([{ conversationId: id, version: 5 }]);
});

test('says nothing of conversations of others', async () => {
  const stranger = await service.person();
  const { next } = await whatMoved(stranger);
  await send(ada, await group([grace]));
  expect((await whatMoved(stranger)).moved).toEqual([]);
  expect((await whatMoved(stranger, next)).moved).toEqual([]);
});

test('tells how far one has received and read, on any device', async () => {
  const [read, unread, left] = [await group([grace]), await group([grace]), await group([grace])];
  await sql.query(
    `INSERT INTO messaging.receipts (conversation_id, user_id, delivered_seq, read_seq)
     SELECT c, u, 5, 4 FROM unnest($1::uuid[]) c, unnest($2::uuid[]) u`,
    [
      [read, left],
      [ada.id, grace.id],
    ],
  );
  await change(grace, left, 'DELETE', `/members/${grace.id}`);
  const { marks, next } = await whatMoved(grace);
  expect(marks).toEqual([{ conversationId: read, deliveredSeq: 5, readSeq: 4 }]);
  expect((await whatMoved(grace, next)).marks).toEqual([]);
  await sql.query('UPDATE messaging.receipts SET read_seq = 5 WHERE user_id = $1', [ada.id]);
  expect((await whatMoved(grace, next)).marks).toEqual([]);
  await send(ada, unread);
  await sql.query('UPDATE messaging.receipts SET read_seq = 5 WHERE user_id = $1', [grace.id]);
  const answer = await whatMoved(grace, next);
  expect(answer.marks).toEqual([{ conversationId: read, deliveredSeq: 5, readSeq: 5 }]);
  expect(versions(answer.moved)).toEqual(new Map([[unread, 2]]));
});

describe('misses nothing', () => {
  test('of a transaction that lasts longer than the time between two questions', async () => {
    const [slow, quick] = [await group([grace]), await group([grace])];
    const writer = await sql.connect();
    try {
      await writer.query('BEGIN');
      await writer.query('UPDATE messaging.conversations SET version = 2 WHERE id = $1', [slow]);
      let { next } = await whatMoved(grace);
      for (let round = 2; round < 5; round += 1) {
        await send(ada, quick);
        const during = await whatMoved(grace, next);
        expect(versions(during.moved).get(quick)).toBe(round);
        next = during.next;
      }
      await writer.query('COMMIT');
      const after = await whatMoved(grace, next);
      expect(versions(after.moved).get(slow)).toBe(2);
      expect((await whatMoved(grace, after.next)).moved).toEqual([]);
    } finally {
      writer.release();
    }
  });

  test('of many writers, for a reader who asks all the time', async () => {
    const ids = await Promise.all(Array.from({ length: 8 }, () => group([grace])));
    const held = new Map<string, number>();
    let next: string | undefined;
    const look = async () => {
      const answer = await everythingMoved(grace, next);
      for (const [id, version] of versions(answer.moved)) held.set(id, version);
      next = answer.next;
      return answer.moved.length;
    };
    let writing = ids.length;
    const writers = ids.map(async (id) => {
      for (let count = 0; count < 10; count += 1) await send(ada, id);
      writing -= 1;
    });
    while (writing > 0) await look();
    await Promise.all(writers);
    await look();
    expect(held).toEqual(new Map(ids.map((id) => [id, 11])));
    expect(await look()).toBe(0);
  });

  test('when the rows are frozen by a vacuum in between', async () => {
    const [id, quiet] = [await group([grace]), await group([grace])];
    const { next } = await whatMoved(grace);
    await send(ada, id);
    const url = Object.assign(new URL(service.database.superuserUrl), { pathname: '/parley' }).href;
    const admin = new pg.Client(url);
    await admin.connect();
    await admin.query('VACUUM FREEZE messaging.conversations, messaging.members');
    await admin.end();
    expect((await whatMoved(grace, next)).moved).toEqual([{ conversationId: id, version: 2 }]);
    expect(versions((await whatMoved(grace)).moved).get(quiet)).toBe(1);
  });
});

describe('5,000 conversations', () => {
  const count = 5_000;
  let person: TestPerson;
  let ids: string[];

  beforeAll(async () => {
    person = await service.person();
    ids = Array.from({ length: count }, () => randomUUID()).sort();
    await sql.query(
      `INSERT INTO messaging.conversations (id, kind, name, version, last_seq, changed_version, created_at)
       SELECT id, 'group', 'x', 7, 0, 1, now() FROM unnest($1::uuid[]) id`,
      [ids],
    );
    await sql.query(
      `INSERT INTO messaging.members (conversation_id, user_id, role, version, joined_version, visible_from_seq)
       SELECT id, $2, 'owner', 1, 1, 1 FROM unnest($1::uuid[]) id`,
      [ids, person.id],
    );
  });

  const raise = (moved: string[]) =>
    sql.query('UPDATE messaging.conversations SET version = version + 1 WHERE id = ANY ($1)', [moved]);

  test('are told page by page, each of a bounded size', async () => {
    const { pages, moved, next } = await everythingMoved(person);
    expect(pages.map((page) => page.moved.length)).toEqual([1_000, 1_000, 1_000, 1_000, 1_000]);
    expect(moved.map(({ conversationId }) => conversationId)).toEqual(ids);
    expect(JSON.stringify(pages[0]).length).toBeLessThan(128 * 1024);
    expect((await whatMoved(person, next)).moved).toEqual([]);
  });

  test('that move while the pages are read are told at the latest with the next question', async () => {
    const first = await whatMoved(person);
    const last = ids.slice(-1);
    await raise([...ids.slice(0, 3), ...last]);
    const rest = await everythingMoved(person, first.next);
    expect(versions(rest.moved).get(String(last))).toBe(8);
    const { moved } = await everythingMoved(person, rest.next);
    expect(versions(moved)).toEqual(new Map([...ids.slice(0, 3), ...last].map((id) => [id, 8])));
  });

  test('that all moved since are told page by page too', async () => {
    const { next } = await everythingMoved(person);
    await raise(ids);
    const { pages, moved } = await everythingMoved(person, next);
    expect(pages).toHaveLength(5);
    expect(moved).toHaveLength(count);
  });
});

describe('a token that cannot be used counts as absent', () => {
  let id: string;
  let next: string;

  beforeEach(async () => {
    id = await group([grace]);
    ({ next } = await whatMoved(grace));
  });

  const expectEverything = async (since: string) =>
    expect((await whatMoved(grace, since)).moved).toEqual([{ conversationId: id, version: 1 }]);

  test('changed on the way', async () => {
    for (const changed of [next.slice(0, -1), next.slice(1), `${next}A`, next.toLowerCase(), '', '💥'])
      await expectEverything(changed);
  });

  test('made by somebody who knows how', async () => {
    const forged = (content: string) => {
      const text = Buffer.from(content).toString('base64url');
      return hash('sha256', `sync ${text}`, 'base64url').slice(0, 8) + text;
    };
    for (const content of ['{', 'null', '[]', '["x",1]', '["x",-1]', '["x",1e300]', '{"since":1}'])
      await expectEverything(forged(content));
  });

  test('of somebody else', async () => {
    await group([]);
    const { next: hers } = await whatMoved(ada);
    await expectEverything(hers);
  });

  test('from a future that a restore undid, of another database, and too old', async () => {
    const now = await readMoment(sql);
    const at = (moment: object) => {
      const there = { ...now, ...moment };
      return new SinceTokens(grace.id, there).next(
        { since: null, until: there.horizon, after: id },
        undefined,
      );
    };
    expect((await whatMoved(grace, at({}))).moved).toEqual([]);
    await expectEverything(at({ horizon: now.horizon + 1_000 }));
    await expectEverything(at({ system: '1' }));
    const later = { ...now, horizon: now.horizon + 2 ** 31 };
    expect(new SinceTokens(grace.id, later).read(next)).toMatchObject({ since: null });
  });

  test('of another history, whose name is told', async () => {
    const { historyEpoch } = await whatMoved(grace);
    const renewed = await renewHistoryEpoch(service.database.url);
    const answer = await whatMoved(grace, next);
    expect(answer.moved).toEqual([{ conversationId: id, version: 1 }]);
    expect(answer.historyEpoch).toBe(renewed);
    expect(renewed).not.toBe(historyEpoch);
    const { body } = await service.ask<SyncOverview>(grace, 'POST', '/v1/sync', { body: { cursors: {} } });
    expect(body.historyEpoch).toBe(answer.historyEpoch);
  });
});

test('refuses what is no token at all', async () => {
  for (const query of [`?since=${'x'.repeat(513)}`, '?since=a&since=b', '?from=1'])
    expect(await service.ask(ada, 'GET', `/v1/sync${query}`)).toMatchObject({
      status: 400,
      body: { error: { code: 'INVALID' } },
    });
  expect((await service.ask(null, 'GET', '/v1/sync')).status).toBe(401);
});
