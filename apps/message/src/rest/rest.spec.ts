import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  type Conversation,
  type ListedConversation,
  type Member,
  type Message,
  type MessageChanged,
  type MessageSent,
  type Page,
} from '@parley/contracts';
import { randomUUID } from 'node:crypto';
import { type TestPerson, TestService } from '../testing/test-service.js';

let service: TestService;
let ada: TestPerson;
let grace: TestPerson;
let stranger: TestPerson;

beforeAll(async () => {
  service = await TestService.start();
});
afterAll(() => service?.stop());

beforeEach(async () => {
  [ada, grace, stranger] = await Promise.all([service.person(), service.person(), service.person()]);
});

async function direct(one: TestPerson, other: TestPerson): Promise<Conversation> {
  const body = { kind: 'direct', userId: other.id };
  const answer = await service.ask<Conversation>(one, 'POST', '/v1/conversations', { body });
  expect(answer.status).toBe(201);
  return answer.body;
}

async function group(owner: TestPerson, others: TestPerson[], more: object = {}): Promise<Conversation> {
  const body = {
    kind: 'group',
    id: randomUUID(),
    name: 'Bletchley',
    memberIds: others.map(({ id }) => id),
    ...more,
  };
  const answer = await service.ask<Conversation>(owner, 'POST', '/v1/conversations', { body });
  expect(answer.status).toBe(201);
  return answer.body;
}

const at = (conversation: { id: string }, rest = '') => `/v1/conversations/${conversation.id}${rest}`;

async function send(sender: TestPerson, conversation: Conversation, text: string): Promise<Message> {
  const body = { id: randomUUID(), text };
  const answer = await service.ask<MessageSent>(sender, 'POST', at(conversation, '/messages'), { body });
  expect(answer.status).toBe(201);
  return answer.body.message;
}

describe('direct conversations', () => {
  test('are one, whoever creates them and however often', async () => {
    const conversation = await direct(ada, grace);
    expect(conversation).toMatchObject({ kind: 'direct', name: null, version: 1, lastSeq: 0 });
    expect(await direct(grace, ada)).toEqual(conversation);
    expect(await direct(ada, grace)).toEqual(conversation);
    const { body } = await service.ask<Page<Member>>(grace, 'GET', at(conversation, '/members'));
    expect(body.items.map(({ userId }) => userId).sort()).toEqual([ada.id, grace.id].sort());
  });

  test('with oneself have one member', async () => {
    const conversation = await direct(ada, ada);
    const { body } = await service.ask<Page<Member>>(ada, 'GET', at(conversation, '/members'));
    expect(body.items).toHaveLength(1);
  });

  test('with nobody are not found', async () => {
    const body = { kind: 'direct', userId: randomUUID() };
    const { status, body: answer } = await service.ask(ada, 'POST', '/v1/conversations', { body });
    expect({ status, code: answer.error.code }).toEqual({ status: 404, code: 'NOT_FOUND' });
    expect(answer.error.details).toEqual({ userIds: [body.userId] });
  });
});

describe('groups', () => {
  test('belong to who creates them; the same key again is the same group', async () => {
    const idempotencyKey = randomUUID();
    const body = { kind: 'group', id: randomUUID(), name: 'Bletchley', memberIds: [grace.id] };
    const first = await service.ask<Conversation>(ada, 'POST', '/v1/conversations', { body, idempotencyKey });
    expect(first.status).toBe(201);
    const again = await service.ask<Conversation>(ada, 'POST', '/v1/conversations', { body, idempotencyKey });
    expect(again).toEqual(first);
    const taken = await service.ask(stranger, 'POST', '/v1/conversations', { body });
    expect(taken.body.error.code).toBe('CONFLICT');
    const { body: members } = await service.ask<Page<Member>>(grace, 'GET', at(first.body, '/members'));
    expect(new Map(members.items.map(({ userId, role }) => [userId, role]))).toEqual(
      new Map([
        [ada.id, 'owner'],
        [grace.id, 'member'],
      ]),
    );
  });

  test('are renamed by those who may', async () => {
    const conversation = await group(ada, [grace]);
    const rename = (person: TestPerson, name: string) =>
      service.ask<Conversation>(person, 'PATCH', at(conversation), { body: { name } });
    expect((await rename(ada, 'Hut 6')).body).toMatchObject({ name: 'Hut 6', version: 2 });
    expect((await rename(grace, 'Hut 8')).body.error.code).toBe('FORBIDDEN');
    expect((await rename(stranger, 'Hut 8')).body.error.code).toBe('NOT_FOUND');
    expect((await service.ask(grace, 'GET', at(conversation))).body).toMatchObject({ name: 'Hut 6' });
  });

  test('are joined, ruled and left', async () => {
    const conversation = await group(ada, [grace]);
    const members = at(conversation, '/members');
    const added = await service.ask<{ members: Member[] }>(ada, 'POST', members, {
      body: { userIds: [stranger.id, grace.id] },
    });
    expect(added.body.members.map(({ userId }) => userId)).toEqual([stranger.id]);
    const unknown = await service.ask(ada, 'POST', members, { body: { userIds: [randomUUID()] } });
    expect(unknown.status).toBe(404);
    const role = await service.ask<{ members: Member[] }>(ada, 'PATCH', `${members}/${grace.id}`, {
      body: { role: 'admin' },
    });
    expect(role.body.members).toMatchObject([{ userId: grace.id, role: 'admin' }]);
    const removed = await service.ask<{ members: Member[] }>(grace, 'DELETE', `${members}/${stranger.id}`);
    expect(removed.body.members).toMatchObject([{ userId: stranger.id, leftVersion: 4 }]);
    const left = await service.ask<{ members: Member[] }>(ada, 'DELETE', `${members}/${ada.id}`);
    expect(new Map(left.body.members.map((member) => [member.userId, member.role])).get(grace.id)).toBe(
      'owner',
    );
    const rest = await service.ask<Page<Member>>(grace, 'GET', members);
    expect(rest.body.items.map(({ userId }) => userId)).toEqual([grace.id]);
  });

  test('list their members page by page', async () => {
    const others = await Promise.all([1, 2, 3, 4].map(() => service.person()));
    const conversation = await group(ada, others);
    const seen: string[] = [];
    let cursor = '';
    do {
      const { body } = await service.ask<Page<Member>>(
        ada,
        'GET',
        at(conversation, `/members?limit=2${cursor}`),
      );
      expect(body.items.length).toBeLessThanOrEqual(2);
      seen.push(...body.items.map(({ userId }) => userId));
      cursor = body.nextCursor === null ? '' : `&cursor=${body.nextCursor}`;
    } while (cursor !== '');
    expect(seen).toEqual([ada, ...others].map(({ id }) => id).sort());
  });
});

describe('the list of conversations', () => {
  test('is most recent first, with the last message that its reader may see', async () => {
    const quiet = await direct(ada, grace);
    const loud = await group(ada, [grace]);
    const message = await send(grace, loud, 'news');
    const { body } = await service.ask<Page<ListedConversation>>(ada, 'GET', '/v1/conversations');
    expect(body.items.map(({ id }) => id)).toEqual([loud.id, quiet.id]);
    expect(body.items[0]?.lastMessage).toEqual(message);
    expect(body.items[1]?.lastMessage).toBeNull();
    await send(ada, quiet, 'older, but newer');
    const later = await service.ask<Page<ListedConversation>>(ada, 'GET', '/v1/conversations');
    expect(later.body.items.map(({ id }) => id)).toEqual([quiet.id, loud.id]);
  });

  test('comes page by page, each conversation once', async () => {
    const made: string[] = [];
    for (let round = 0; round < 5; round += 1) made.unshift((await group(ada, [])).id);
    const seen: string[] = [];
    let cursor = '';
    do {
      const path = `/v1/conversations?limit=2${cursor}`;
      const { body } = await service.ask<Page<ListedConversation>>(ada, 'GET', path);
      seen.push(...body.items.map(({ id }) => id));
      cursor = body.nextCursor === null ? '' : `&cursor=${body.nextCursor}`;
    } while (cursor !== '');
    expect(seen).toHaveLength(5);
    expect(new Set(seen)).toEqual(new Set(made));
  });

  test('hides what was said before one joined, and what one has left', async () => {
    const conversation = await group(ada, [grace], { historyForNewMembers: 'none' });
    await send(ada, conversation, 'secret');
    await service.ask(ada, 'POST', at(conversation, '/members'), { body: { userIds: [stranger.id] } });
    const { body } = await service.ask<ListedConversation>(stranger, 'GET', at(conversation));
    expect(body).toMatchObject({ id: conversation.id, lastSeq: 1, lastMessage: null });
    const said = await send(ada, conversation, 'welcome');
    const now = await service.ask<ListedConversation>(stranger, 'GET', at(conversation));
    expect(now.body.lastMessage).toEqual(said);
    await service.ask(stranger, 'DELETE', at(conversation, `/members/${stranger.id}`));
    expect((await service.ask(stranger, 'GET', at(conversation))).status).toBe(404);
    const list = await service.ask<Page<ListedConversation>>(stranger, 'GET', '/v1/conversations');
    expect(list.body.items).toEqual([]);
  });
});

describe('messages', () => {
  test('are sent once, however often they are sent', async () => {
    const conversation = await direct(ada, grace);
    const body = { id: randomUUID(), text: 'once', conversationId: conversation.id };
    const first = await service.ask<MessageSent>(ada, 'POST', at(conversation, '/messages'), { body });
    expect(first.body).toMatchObject({
      deduplicated: false,
      message: { seq: 1, text: 'once', senderId: ada.id },
    });
    const again = await service.ask<MessageSent>(ada, 'POST', at(conversation, '/messages'), { body });
    expect(again.body).toEqual({ deduplicated: true, message: first.body.message });
    const stolen = await service.ask(grace, 'POST', at(conversation, '/messages'), { body });
    expect(stolen.body.error).toMatchObject({ code: 'CONFLICT', outcome: 'none' });
    const elsewhere = { ...body, conversationId: randomUUID() };
    const wrong = await service.ask(ada, 'POST', at(conversation, '/messages'), { body: elsewhere });
    expect(wrong.body.error.code).toBe('INVALID');
  });

  test('are edited and deleted by their senders', async () => {
    const conversation = await direct(ada, grace);
    const message = await send(ada, conversation, 'draft');
    const path = at(conversation, `/messages/${message.id}`);
    const edit = (person: TestPerson, text: string) =>
      service.ask<MessageChanged>(person, 'PATCH', path, { body: { text } });
    expect((await edit(grace, 'mine')).body.error.code).toBe('FORBIDDEN');
    expect((await edit(ada, 'final')).body.message).toMatchObject({ text: 'final', seq: 1, version: 3 });
    const gone = await service.ask<MessageChanged>(ada, 'DELETE', path);
    expect(gone.body.message).toMatchObject({ text: '', version: 4, deletedAt: expect.any(String) });
    expect((await edit(ada, 'again')).body.error.code).toBe('CONFLICT');
    const { body } = await service.ask<Page<Message>>(grace, 'GET', at(conversation, '/messages'));
    expect(body.items).toEqual([gone.body.message]);
  });

  test('are read in pages in both directions, ascending', async () => {
    const conversation = await direct(ada, grace);
    for (let seq = 1; seq <= 5; seq += 1) await send(ada, conversation, `text ${seq}`);
    const read = async (query: string) => {
      const { body } = await service.ask<Page<Message>>(grace, 'GET', at(conversation, `/messages?${query}`));
      return { seqs: body.items.map(({ seq }) => seq), next: body.nextCursor };
    };
    const newest = await read('limit=2');
    expect(newest.seqs).toEqual([4, 5]);
    const older = await read(`limit=2&cursor=${newest.next}`);
    expect(older.seqs).toEqual([2, 3]);
    expect(await read(`limit=2&cursor=${older.next}`)).toEqual({ seqs: [1], next: null });
    expect((await read('beforeSeq=3')).seqs).toEqual([1, 2]);
    const forward = await read('afterSeq=1&limit=2');
    expect(forward.seqs).toEqual([2, 3]);
    expect(await read(`limit=2&cursor=${forward.next}`)).toEqual({ seqs: [4, 5], next: null });
    expect(await read('afterSeq=5')).toEqual({ seqs: [], next: null });
    expect(await read('beforeSeq=1')).toEqual({ seqs: [], next: null });
    expect((await read(`beforeSeq=${Number.MAX_SAFE_INTEGER}`)).seqs).toHaveLength(5);
  });

  test('from before one joined a group stay hidden where it says so', async () => {
    const conversation = await group(ada, [], { historyForNewMembers: 'none' });
    const early = await send(ada, conversation, 'secret');
    await service.ask(ada, 'POST', at(conversation, '/members'), { body: { userIds: [grace.id] } });
    await send(ada, conversation, 'welcome');
    const read = async (query: string) => {
      const { body } = await service.ask<Page<Message>>(grace, 'GET', at(conversation, `/messages?${query}`));
      return body.items.map(({ text }) => text);
    };
    expect(await read('')).toEqual(['welcome']);
    expect(await read('afterSeq=0')).toEqual(['welcome']);
    expect(await read('beforeSeq=2')).toEqual([]);
    const path = at(conversation, `/messages/${early.id}`);
    const { body } = await service.ask(grace, 'PATCH', path, { body: { text: 'peek' } });
    expect(body.error.code).toBe('NOT_FOUND');
  });
});

describe('who is no member', () => {
  test.each([
    ['GET', '', undefined],
    ['PATCH', '', { name: 'Hut 8' }],
    ['GET', '/members', undefined],
    ['POST', '/members', { userIds: ['ME'] }],
    ['PATCH', '/members/ME', { role: 'owner' }],
    ['DELETE', '/members/ME', undefined],
    ['GET', '/messages', undefined],
    ['POST', '/messages', { id: randomUUID(), text: 'hello' }],
    ['PATCH', '/messages/MESSAGE', { text: 'hello' }],
    ['DELETE', '/messages/MESSAGE', undefined],
  ])('cannot tell a conversation from none: %s %s', async (method, path, body) => {
    const conversation = await group(ada, [grace]);
    const message = await send(ada, conversation, 'secret');
    const filled = (text: string) => text.replace('ME', stranger.id).replace('SSAGE', '');
    const ask = async (id: string) => {
      const place = path.endsWith('MESSAGE') ? `/messages/${message.id}` : filled(path);
      const content = body === undefined ? {} : { body: filled(JSON.stringify(body)) };
      const { status, body: answer } = await service.ask(
        stranger,
        method,
        `/v1/conversations/${id}${place}`,
        content,
      );
      return { status, code: answer.error.code, message: answer.error.message };
    };
    const answer = await ask(conversation.id);
    expect(answer).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    expect(await ask(randomUUID())).toEqual(answer);
  });

  test('is whoever has no token, too', async () => {
    const { status, body } = await service.ask(null, 'GET', '/v1/conversations');
    expect({ status, code: body.error.code }).toEqual({ status: 401, code: 'UNAUTHENTICATED' });
  });
});

describe('hostile input', () => {
  test.each([
    ['POST', '/v1/conversations', '{"kind":"direct"'],
    ['POST', '/v1/conversations', '{"kind":"direct","userId":"ID","__proto__":{"kind":"group"}}'],
    ['POST', '/v1/conversations', '{"kind":"secret","userId":"ID"}'],
    ['POST', '/v1/conversations', '{"kind":"group","id":"ID","name":"a\\u0000b","memberIds":[]}'],
    ['POST', '/v1/conversations', '{"kind":"group","id":"ID","name":"\\ud800","memberIds":[]}'],
    ['POST', '/v1/conversations', '{"kind":"group","id":"ID","name":"","memberIds":[]}'],
    [
      'POST',
      '/v1/conversations',
      `{"kind":"group","id":"ID","name":"x","memberIds":[${'"ID",'.repeat(500)}"ID"]}`,
    ],
    ['POST', '/v1/conversations/ID/messages', '{"id":"ID","text":"a\\u0000b"}'],
    ['POST', '/v1/conversations/ID/messages', '{"id":"ID","text":"\\udfff"}'],
    ['POST', '/v1/conversations/ID/messages', '{"id":"ID","text":"   "}'],
    ['POST', '/v1/conversations/ID/messages', `{"id":"ID","text":"${'x'.repeat(32_001)}"}`],
    ['POST', '/v1/conversations/ID/messages', '{"id":"ID","text":["a"]}'],
    ['POST', '/v1/conversations/ID/messages', '{"id":"ID","text":"a","seq":1}'],
    ['POST', '/v1/conversations/ID/messages', 'null'],
    ['POST', "/v1/conversations/ID';--/messages", '{"id":"ID","text":"a"}'],
    ['GET', '/v1/conversations/constructor', undefined],
    ['GET', '/v1/conversations/%00', undefined],
    ['GET', '/v1/conversations?limit=0', undefined],
    ['GET', '/v1/conversations?limit=1e9', undefined],
    ['GET', '/v1/conversations?cursor=', undefined],
    ['GET', '/v1/conversations?cursor=AAAAAAAAWyJhIl0', undefined],
    ['GET', '/v1/conversations?cursor[__proto__]=1', undefined],
    ['GET', '/v1/conversations/ID/messages?beforeSeq=1&afterSeq=2', undefined],
    ['GET', '/v1/conversations/ID/messages?beforeSeq=-1', undefined],
    ['GET', '/v1/conversations/ID/messages?beforeSeq=9007199254740993', undefined],
    ['GET', '/v1/conversations/ID/members?cursor=x', undefined],
    ['POST', '/v1/sync', '{"cursors":{"constructor":1}}'],
    ['POST', '/v1/sync', '{"cursors":{"ID":-1}}'],
    ['POST', '/v1/sync', '{"cursors":{"ID":1e300}}'],
    ['POST', '/v1/sync', '{"cursors":[]}'],
  ])('%s %s %s is refused as INVALID', async (method, path, body) => {
    const filled = (text: string) => text.replaceAll('ID', ada.id);
    const content = body === undefined ? {} : { body: filled(body) };
    const { status, body: answer } = await service.ask(ada, method, filled(path), content);
    expect({ status, code: answer.error.code }).toEqual({ status: 400, code: 'INVALID' });
  });

  test('a conversation named __proto__ is none', async () => {
    const { status, body } = await service.ask(ada, 'POST', '/v1/sync', {
      body: '{"cursors":{"__proto__":1}}',
    });
    expect({ status, body }).toEqual({
      status: 200,
      body: { conversations: {}, historyEpoch: expect.any(String) },
    });
  });

  test('a cursor that was changed is refused', async () => {
    for (let round = 0; round < 2; round += 1) await group(ada, []);
    const { body } = await service.ask<Page<ListedConversation>>(ada, 'GET', '/v1/conversations?limit=1');
    const cursor = body.nextCursor ?? '';
    const changed = cursor.slice(0, -3) + (cursor.at(-3) === 'A' ? 'B' : 'A') + cursor.slice(-2);
    const { status } = await service.ask(ada, 'GET', `/v1/conversations?cursor=${changed}`);
    expect(status).toBe(400);
    const elsewhere = await service.ask(ada, 'GET', `/v1/users?search=a&cursor=${cursor}`);
    expect(elsewhere.status).toBe(400);
  });

  test('a body of several megabytes is refused as TOO_LARGE', async () => {
    const body = { kind: 'group', id: randomUUID(), name: 'x'.repeat(5_000_000), memberIds: [] };
    const { status, body: answer } = await service.ask(ada, 'POST', '/v1/conversations', { body });
    expect({ status, code: answer.error.code }).toEqual({ status: 413, code: 'TOO_LARGE' });
  });

  test('an idempotency key must be an id', async () => {
    const { body } = await service.ask(ada, 'POST', '/v1/conversations', {
      body: { kind: 'direct', userId: grace.id },
      idempotencyKey: 'x',
    });
    expect(body.error.code).toBe('INVALID');
  });
});
