import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type Conversation, type Message, type Page } from '@parley/contracts';
import { hash, randomUUID } from 'node:crypto';
import { type Answer, type TestPerson, TestService } from '../testing/test-service.js';

let service: TestService;
let ada: TestPerson;
let grace: TestPerson;
let id: string;

beforeAll(async () => {
  service = await TestService.start();
  [ada, grace] = await Promise.all([service.person(), service.person()]);
});
afterAll(() => service?.stop());

async function group(members: TestPerson[], historyForNewMembers = 'all'): Promise<string> {
  const memberIds = members.map((member) => member.id);
  const body = { kind: 'group', id: randomUUID(), name: 'Hut 6', memberIds, historyForNewMembers };
  return (await service.ask<Conversation>(ada, 'POST', '/v1/conversations', { body })).body.id;
}

async function say(conversation: string, count: number): Promise<void> {
  for (let each = 0; each < count; each += 1)
    await service.ask(ada, 'POST', `/v1/conversations/${conversation}/messages`, {
      body: { id: randomUUID(), text: 'hello' },
    });
}

const ask = (query: string, conversation = id, person = grace): Promise<Answer<Page<Message>>> =>
  service.ask<Page<Message>>(person, 'GET', `/v1/conversations/${conversation}/messages?${query}`);

async function read(query: string, conversation = id): Promise<{ seqs: number[]; next: string | null }> {
  const { status, body } = await ask(query, conversation);
  expect(status).toBe(200);
  return { seqs: body.items.map(({ seq }) => seq), next: body.nextCursor };
}

/** From a first page to the end. */
async function walk(query: string, limit: number): Promise<number[][]> {
  const pages = [await read(`${query}limit=${limit}`)];
  for (let next = pages[0]?.next; next; next = pages.at(-1)?.next)
    pages.push(await read(`limit=${limit}&cursor=${next}`));
  return pages.map(({ seqs }) => seqs);
}

describe('seven messages', () => {
  beforeAll(async () => {
    id = await group([grace]);
    await say(id, 7);
  });

  test.each([
    ['', [1, 2, 3, 4, 5, 6, 7]],
    ['beforeSeq=7', [1, 2, 3, 4, 5, 6]],
    ['beforeSeq=8', [1, 2, 3, 4, 5, 6, 7]],
    ['beforeSeq=2', [1]],
    ['beforeSeq=1', []],
    ['beforeSeq=0', []],
    ['beforeSeq=4&limit=2', [2, 3]],
    ['afterSeq=0', [1, 2, 3, 4, 5, 6, 7]],
    ['afterSeq=0&limit=1', [1]],
    ['afterSeq=6', [7]],
    ['afterSeq=7', []],
    ['afterSeq=3&limit=2', [4, 5]],
    // From a future that was lost, or never was.
    ['afterSeq=1000', []],
    ['beforeSeq=1000&limit=2', [6, 7]],
    [`afterSeq=${Number.MAX_SAFE_INTEGER}`, []],
    [`beforeSeq=${Number.MAX_SAFE_INTEGER}&limit=1`, [7]],
  ])('%s: bounds are exclusive, pages ascend', async (query, seqs) => {
    expect((await read(query)).seqs).toEqual(seqs);
  });

  test.each([1, 2, 3, 6, 7, 8, 100])('come whole in pages of %d, in both directions', async (limit) => {
    const all = [1, 2, 3, 4, 5, 6, 7];
    const forward = await walk('afterSeq=0&', limit);
    const backward = await walk('', limit);
    expect(forward.flat()).toEqual(all);
    expect(backward.toReversed().flat()).toEqual(all);
    // No empty page at the end, however the limit divides them.
    expect([forward.length, backward.length]).toEqual([Math.ceil(7 / limit), Math.ceil(7 / limit)]);
  });

  test.each(['limit=0', 'limit=101', 'limit=2.5', 'beforeSeq=1.5', 'afterSeq=x', 'beforeSeq=1e30', 'seq=1'])(
    '%s is refused',
    async (query) => {
      expect(await ask(query)).toMatchObject({ status: 400, body: { error: { code: 'INVALID' } } });
    },
  );
});

test('pages go on where they were while people write and delete', async () => {
  id = await group([grace]);
  await say(id, 4);
  const newest = await read('limit=2');
  await say(id, 2);
  const { items } = (await ask('beforeSeq=3&limit=1')).body;
  await service.ask(ada, 'DELETE', `/v1/conversations/${id}/messages/${items[0]?.id}`);
  const older = (await ask(`limit=2&cursor=${newest.next}`)).body.items;
  expect(older).toMatchObject([
    { seq: 1, text: 'hello', deletedAt: null },
    { seq: 2, text: '', deletedAt: expect.any(String) },
  ]);
  const forward = await read('afterSeq=4&limit=1');
  expect(forward.seqs).toEqual([5]);
  await say(id, 1);
  expect((await read(`cursor=${forward.next}`)).seqs).toEqual([6, 7]);
});

test('nothing below the first message that one may see is shown, whatever is asked', async () => {
  id = await group([], 'none');
  await say(id, 3);
  await service.ask(ada, 'POST', `/v1/conversations/${id}/members`, { body: { userIds: [grace.id] } });
  expect(await read('')).toEqual({ seqs: [], next: null });
  await say(id, 3);
  expect(await walk('', 2)).toEqual([[5, 6], [4]]);
  expect(await walk('afterSeq=0&', 2)).toEqual([[4, 5], [6]]);
  for (const query of ['beforeSeq=4', 'beforeSeq=3', 'beforeSeq=1'])
    expect(await read(query)).toEqual({ seqs: [], next: null });
  const { body } = await ask('limit=1&beforeSeq=4', id, ada);
  const all = await read(`cursor=${body.nextCursor}`);
  expect(all).toEqual({ seqs: [], next: null });
});

describe('cursors', () => {
  let cursor: string;

  beforeEach(async () => {
    id = await group([grace]);
    await say(id, 3);
    cursor = String((await read('limit=2')).next);
  });

  const refused = { status: 400, body: { error: { code: 'INVALID' } } };
  const forged = (content: string) => {
    const text = Buffer.from(content).toString('base64url');
    return hash('sha256', `messages ${text}`, 'base64url').slice(0, 8) + text;
  };

  test('that were changed, cut or made by hand are refused', async () => {
    const made = ['{', '7', '{}', '{"beforeSeq":-1}', '{"beforeSeq":1,"x":1}'].map(forged);
    for (const wrong of [
      cursor.slice(1),
      cursor.slice(0, -1),
      `${cursor}AAAA`,
      cursor.toUpperCase(),
      ...made,
    ])
      expect(await ask(`cursor=${wrong}`)).toMatchObject(refused);
    expect(await ask(`cursor=${cursor}&beforeSeq=2`)).toMatchObject(refused);
  });

  test('of another list are refused', async () => {
    await group([grace]);
    const { body } = await service.ask<Page<Conversation>>(grace, 'GET', '/v1/conversations?limit=1');
    expect(await ask(`cursor=${body.nextCursor}`)).toMatchObject(refused);
    const path = `/v1/conversations/${id}/members?cursor=${cursor}`;
    expect(await service.ask(grace, 'GET', path)).toMatchObject(refused);
  });

  test('of other people open nothing: a page shows what its reader may see', async () => {
    const theirs = await group([]);
    await say(theirs, 3);
    const { body } = await ask('limit=2', theirs, ada);
    expect(await ask(`cursor=${body.nextCursor}`, theirs)).toMatchObject({ status: 404 });
    expect((await read(`cursor=${body.nextCursor}`)).seqs).toEqual([1]);
  });

  test('say NOT_FOUND once their reader has left', async () => {
    await service.ask(grace, 'DELETE', `/v1/conversations/${id}/members/${grace.id}`);
    for (const query of ['', `cursor=${cursor}`, 'afterSeq=0'])
      expect(await ask(query)).toMatchObject({ status: 404, body: { error: { code: 'NOT_FOUND' } } });
  });
});
