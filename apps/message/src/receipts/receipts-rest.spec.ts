import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import {
  type Conversation,
  type ListedConversation,
  type Message,
  type MessageSent,
  type Page,
  type Reader,
  type Receipt,
} from '@parley/contracts';
import { randomUUID } from 'node:crypto';
import { type TestPerson, TestService } from '../testing/test-service.js';

jest.setTimeout(60_000);

let service: TestService;
let ada: TestPerson;
let grace: TestPerson;
let alan: TestPerson;

beforeAll(async () => {
  service = await TestService.start();
});
afterAll(() => service?.stop());
beforeEach(async () => {
  [ada, grace, alan] = await Promise.all([service.person(), service.person(), service.person()]);
});

const at = (conversation: { id: string }, rest = '') => `/v1/conversations/${conversation.id}${rest}`;

async function group(owner: TestPerson, others: TestPerson[], more: object = {}): Promise<Conversation> {
  const memberIds = others.map(({ id }) => id);
  const body = { kind: 'group', id: randomUUID(), name: 'Bletchley', memberIds, ...more };
  const answer = await service.ask<Conversation>(owner, 'POST', '/v1/conversations', { body });
  expect(answer.status).toBe(201);
  return answer.body;
}

async function send(sender: TestPerson, conversation: { id: string }, count = 1): Promise<Message> {
  let message: Message | undefined;
  for (let n = 0; n < count; n += 1) {
    const body = { id: randomUUID(), text: `text ${n}` };
    const answer = await service.ask<MessageSent>(sender, 'POST', at(conversation, '/messages'), { body });
    expect(answer.status).toBe(201);
    message = answer.body.message;
  }
  return message as Message;
}

async function put(person: TestPerson, conversation: { id: string }, body: object): Promise<Receipt> {
  const answer = await service.ask<Receipt>(person, 'PUT', at(conversation, '/receipt'), { body });
  expect(answer.status).toBe(200);
  return answer.body;
}

/** Own marks and unread count, which the list and the conversation itself tell alike. */
async function standing(person: TestPerson, { id }: { id: string }) {
  const one = await service.ask<ListedConversation>(person, 'GET', at({ id }));
  const list = await service.ask<Page<ListedConversation>>(person, 'GET', '/v1/conversations');
  expect(list.body.items.find((each) => each.id === id)).toEqual(one.body);
  const { unreadCount, deliveredSeq, readSeq } = one.body;
  return { unreadCount, deliveredSeq, readSeq };
}

async function remove(person: TestPerson, conversation: { id: string }, { id }: Message): Promise<void> {
  expect((await service.ask(person, 'DELETE', at(conversation, `/messages/${id}`))).status).toBe(200);
}

async function addMember(person: TestPerson, conversation: { id: string }, other: TestPerson): Promise<void> {
  const body = { userIds: [other.id] };
  expect((await service.ask(person, 'POST', at(conversation, '/members'), { body })).status).toBe(201);
}

describe('unread', () => {
  test('is what others wrote above the own read mark', async () => {
    const conversation = await group(ada, [grace]);
    expect(await standing(grace, conversation)).toEqual({ unreadCount: 0, deliveredSeq: 0, readSeq: 0 });
    await send(ada, conversation, 5);
    expect(await standing(grace, conversation)).toMatchObject({ unreadCount: 5, readSeq: 0 });
    expect(await standing(ada, conversation)).toEqual({ unreadCount: 0, deliveredSeq: 5, readSeq: 5 });
    await put(grace, conversation, { deliveredSeq: 5, readSeq: 3 });
    expect(await standing(grace, conversation)).toEqual({ unreadCount: 2, deliveredSeq: 5, readSeq: 3 });
    await put(grace, conversation, { readSeq: 5 });
    expect(await standing(grace, conversation)).toEqual({ unreadCount: 0, deliveredSeq: 5, readSeq: 5 });
  });

  test('does not count what was deleted', async () => {
    const conversation = await group(ada, [grace]);
    await send(ada, conversation);
    const second = await send(ada, conversation);
    await send(ada, conversation);
    await remove(ada, conversation, second);
    expect(await standing(grace, conversation)).toMatchObject({ unreadCount: 2 });
  });

  test('ends at the own last message, deleted or not, at once', async () => {
    const conversation = await group(ada, [grace]);
    await send(ada, conversation, 2);
    const own = await send(grace, conversation);
    await send(ada, conversation, 2);
    const expected = { unreadCount: 2, deliveredSeq: 3, readSeq: 3 };
    expect(await standing(grace, conversation)).toEqual(expected);
    await remove(grace, conversation, own);
    expect(await standing(grace, conversation)).toEqual(expected);
    expect(await standing(ada, conversation)).toMatchObject({ unreadCount: 0, readSeq: 5 });
  });

  test('is counted up to 100, and right below that among deleted ones', async () => {
    const conversation = await group(ada, [grace]);
    const deleted = await send(ada, conversation);
    await send(ada, conversation, 101);
    expect(await standing(grace, conversation)).toMatchObject({ unreadCount: 100 });
    await put(grace, conversation, { readSeq: 2 });
    expect(await standing(grace, conversation)).toMatchObject({ unreadCount: 100 });
    await put(grace, conversation, { readSeq: 3 });
    await remove(ada, conversation, deleted);
    expect(await standing(grace, conversation)).toMatchObject({ unreadCount: 99 });
  });

  test('is nothing from before one joined, where that is hidden', async () => {
    for (const [historyForNewMembers, unreadCount] of [
      ['none', 0],
      ['all', 3],
    ] as const) {
      const conversation = await group(ada, [grace], { historyForNewMembers });
      await send(ada, conversation, 3);
      await addMember(ada, conversation, alan);
      expect(await standing(alan, conversation)).toMatchObject({ unreadCount });
      await send(ada, conversation);
      expect(await standing(alan, conversation)).toMatchObject({ unreadCount: unreadCount + 1 });
    }
  });
});

describe('marks', () => {
  test('never go back, and reach as far as the last message', async () => {
    const conversation = await group(ada, [grace]);
    await send(ada, conversation, 3);
    const marks = { userId: grace.id, deliveredSeq: 3, readSeq: 2 };
    expect(await put(grace, conversation, { deliveredSeq: 3, readSeq: 2 })).toEqual(marks);
    expect(await put(grace, conversation, { deliveredSeq: 1, readSeq: 0 })).toEqual(marks);
    expect(await put(grace, conversation, { readSeq: Number.MAX_SAFE_INTEGER })).toEqual({
      ...marks,
      readSeq: 3,
    });
  });

  test('are answered as every list shows them, of one who has just written too', async () => {
    const conversation = await group(ada, [grace]);
    await send(grace, conversation, 2);
    const own = await send(ada, conversation);
    const lists = async () => {
      const { body } = await service.ask<Page<Receipt>>(grace, 'GET', at(conversation, '/receipts'));
      return body.items.find(({ userId }) => userId === ada.id);
    };
    // Nobody has stored yet that the sender has read what they sent.
    const marks = await put(ada, conversation, { deliveredSeq: 2, readSeq: 1 });
    expect(marks).toEqual({ userId: ada.id, deliveredSeq: own.seq, readSeq: own.seq });
    expect(await standing(ada, conversation)).toMatchObject({ deliveredSeq: own.seq, readSeq: own.seq });
    expect(await lists()).toEqual(marks);
  });

  test('that are put at once are each answered with no less than was asked, and no more than is listed', async () => {
    const conversation = await group(ada, [grace]);
    await send(ada, conversation, 9);
    for (let seq = 2; seq <= 8; seq += 2) {
      const answers = await Promise.all([
        put(grace, conversation, { readSeq: seq + 1 }),
        put(grace, conversation, { deliveredSeq: 9, readSeq: seq }),
      ]);
      const listed = await standing(grace, conversation);
      expect(listed).toMatchObject({ deliveredSeq: 9, readSeq: seq + 1 });
      for (const [n, { deliveredSeq, readSeq }] of answers.entries()) {
        expect(readSeq).toBeGreaterThanOrEqual(n === 0 ? seq + 1 : seq);
        expect(readSeq).toBeLessThanOrEqual(listed.readSeq);
        expect(deliveredSeq).toBeGreaterThanOrEqual(n === 0 ? seq + 1 : 9);
        expect(deliveredSeq).toBeLessThanOrEqual(listed.deliveredSeq);
      }
    }
  });

  test('of all members are listed page by page', async () => {
    const conversation = await group(ada, [grace, alan]);
    await send(ada, conversation, 2);
    await put(grace, conversation, { readSeq: 1 });
    const seen: Receipt[] = [];
    let cursor = '';
    do {
      const path = at(conversation, `/receipts?limit=2${cursor}`);
      const { body } = await service.ask<Page<Receipt>>(alan, 'GET', path);
      expect(body.items.length).toBeLessThanOrEqual(2);
      seen.push(...body.items);
      cursor = body.nextCursor === null ? '' : `&cursor=${body.nextCursor}`;
    } while (cursor !== '');
    expect(seen.map(({ userId }) => userId)).toEqual([ada, grace, alan].map(({ id }) => id).sort());
    expect(seen).toContainEqual({ userId: grace.id, deliveredSeq: 1, readSeq: 1 });
    expect(seen).toContainEqual({ userId: alan.id, deliveredSeq: 0, readSeq: 0 });
  });

  test('tell who has read a message: members who may see it, its sender left out', async () => {
    const conversation = await group(ada, [grace, alan], { historyForNewMembers: 'none' });
    await send(ada, conversation, 2);
    const late = await service.person();
    await addMember(ada, conversation, late);
    await send(ada, conversation);
    for (const reader of [grace, alan, late]) await put(reader, conversation, { readSeq: 3 });
    const readers = async (seq: number, query = '') => {
      const path = at(conversation, `/messages/${seq}/readers${query}`);
      return (await service.ask<Page<Reader>>(grace, 'GET', path)).body;
    };
    const ids = (...people: TestPerson[]) => people.map(({ id }) => id).sort();
    expect((await readers(3)).items.map(({ userId }) => userId)).toEqual(ids(grace, alan, late));
    expect((await readers(2)).items.map(({ userId }) => userId)).toEqual(ids(grace, alan));
    const [first] = (await readers(2)).items;
    expect(Date.now() - Date.parse(first?.readAt ?? '')).toBeLessThan(60_000);
    const page = await readers(3, '?limit=2');
    const next = await readers(3, `?limit=2&cursor=${page.nextCursor}`);
    expect([...page.items, ...next.items].map(({ userId }) => userId)).toEqual(ids(grace, alan, late));
    expect(next.nextCursor).toBeNull();
    await service.ask(ada, 'DELETE', at(conversation, `/members/${alan.id}`));
    expect((await readers(3)).items.map(({ userId }) => userId)).toEqual(ids(grace, late));
    for (const [person, seq] of [
      [late, 2],
      [grace, 4],
      [grace, 0],
    ] as const) {
      const { status } = await service.ask(person, 'GET', at(conversation, `/messages/${seq}/readers`));
      expect(status).toBe(404);
    }
  });
});

test.each([
  ['PUT', '/receipt', { readSeq: 1 }],
  ['GET', '/receipts', undefined],
  ['GET', '/messages/1/readers', undefined],
])(
  'who is no member, or none any more, cannot tell a conversation from none: %s %s',
  async (method, path, body) => {
    const conversation = await group(ada, [grace]);
    await send(ada, conversation);
    await service.ask(ada, 'DELETE', at(conversation, `/members/${grace.id}`));
    const ask = async (person: TestPerson, id: string) => {
      const answer = await service.ask(person, method, at({ id }, path), body === undefined ? {} : { body });
      const { code, message } = answer.body.error;
      return { status: answer.status, code, message };
    };
    const unknown = await ask(alan, randomUUID());
    expect(unknown).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    expect(await ask(alan, conversation.id)).toEqual(unknown);
    expect(await ask(grace, conversation.id)).toEqual(unknown);
    const { body: listed } = await service.ask<Page<Receipt>>(ada, 'GET', at(conversation, '/receipts'));
    expect(listed.items.map(({ userId }) => userId)).toEqual([ada.id]);
  },
);

test.each([
  ['PUT', '/receipt', '{}'],
  ['PUT', '/receipt', '{"readSeq":-1}'],
  ['PUT', '/receipt', '{"readSeq":1.5}'],
  ['PUT', '/receipt', '{"readSeq":"1"}'],
  ['PUT', '/receipt', '{"readSeq":1e300}'],
  ['PUT', '/receipt', '{"deliveredSeq":null}'],
  ['PUT', '/receipt', '{"readSeq":1,"userId":"ID"}'],
  ['PUT', '/receipt', '[]'],
  ['GET', '/receipts?limit=101', undefined],
  ['GET', '/receipts?cursor=x', undefined],
  ['GET', '/messages/x/readers', undefined],
  ['GET', '/messages/-1/readers', undefined],
  ['GET', '/messages/1.5/readers', undefined],
  ['GET', '/messages/9999999999999999/readers', undefined],
  ['GET', '/messages/1/readers?limit=0', undefined],
])('%s %s %s is refused as INVALID', async (method, path, body) => {
  const content = body === undefined ? {} : { body: body.replace('ID', ada.id) };
  const { status, body: answer } = await service.ask(ada, method, at({ id: randomUUID() }, path), content);
  expect({ status, code: answer.error.code }).toEqual({ status: 400, code: 'INVALID' });
});
