import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import {
  type Conversation,
  type ListedConversation,
  type Message,
  type MessageChanged,
  type MessageSent,
  type Page,
  type SyncResponse,
} from '@parley/contracts';
import { randomUUID } from 'node:crypto';
import { type TestPerson, TestService } from '../testing/test-service.js';

let service: TestService;
let ada: TestPerson;
let grace: TestPerson;
let conversation: Conversation;

beforeAll(async () => {
  service = await TestService.start();
});
afterAll(() => service?.stop());

beforeEach(async () => {
  [ada, grace] = await Promise.all([service.person(), service.person()]);
  const body = { kind: 'direct', userId: grace.id };
  conversation = (await service.ask<Conversation>(ada, 'POST', '/v1/conversations', { body })).body;
});

const at = (rest = '') => `/v1/conversations/${conversation.id}${rest}`;
const post = (sender: TestPerson, details: object) =>
  service.ask<MessageSent>(sender, 'POST', at('/messages'), {
    body: { id: randomUUID(), text: 'text', ...details },
  });

/** The newest message, in every way in which it can be read. */
async function readings(person: TestPerson): Promise<unknown[]> {
  const history = await service.ask<Page<Message>>(person, 'GET', at('/messages'));
  const list = await service.ask<Page<ListedConversation>>(person, 'GET', '/v1/conversations');
  const one = await service.ask<ListedConversation>(person, 'GET', at());
  const sync = async (version: number) => {
    const { body } = await service.ask<SyncResponse>(person, 'POST', '/v1/sync', {
      body: { cursors: { [conversation.id]: version } },
    });
    return body.conversations[conversation.id]?.messages.at(-1);
  };
  return [
    history.body.items.at(-1),
    list.body.items[0]?.lastMessage,
    one.body.lastMessage,
    await sync(0),
    await sync(1),
  ];
}

test('replies and mentions are sent, and read back everywhere', async () => {
  const first = await post(ada, {});
  const second = await post(grace, { replyTo: first.body.message.id, mentions: [ada.id] });
  expect(second.status).toBe(201);
  const { message } = second.body;
  expect(message).toMatchObject({ seq: 2, replyTo: first.body.message.id, mentions: [ada.id] });
  expect(await readings(ada)).toEqual(Array(5).fill(message));
});

test('reactions are put and taken back, and read back everywhere', async () => {
  const { id } = (await post(ada, {})).body.message;
  const react = (method: string, emoji: string, idempotencyKey?: string) =>
    service.ask<MessageChanged>(
      grace,
      method,
      at(`/messages/${id}/reactions/${encodeURIComponent(emoji)}`),
      idempotencyKey === undefined ? {} : { idempotencyKey },
    );
  const key = randomUUID();
  const first = await react('PUT', '👩🏽‍🚀', key);
  expect(first.status).toBe(200);
  expect(first.body.message).toMatchObject({
    version: 3,
    reactions: [{ emoji: '👩🏽‍🚀', count: 1, userIds: [grace.id] }],
  });
  expect(await readings(ada)).toEqual(Array(5).fill(first.body.message));
  expect((await react('DELETE', '👩🏽‍🚀')).body.message).toMatchObject({ version: 4, reactions: [] });
  expect((await react('PUT', '👩🏽‍🚀', key)).body.message).toMatchObject({ version: 4, reactions: [] });
});

test.each(['like', '%00', '👍👍', '1', '%F0%9F', '..%2F..'])('%s is no reaction', async (emoji) => {
  const { id } = (await post(ada, {})).body.message;
  const { status, body } = await service.ask(ada, 'PUT', at(`/messages/${id}/reactions/${emoji}`));
  expect({ status, code: body.error.code }).toEqual({ status: 400, code: 'INVALID' });
});

test('a reply to nothing is not found', async () => {
  const { status, body } = await post(ada, { replyTo: randomUUID() });
  expect({ status, code: body.error.code, outcome: body.error.outcome }).toEqual({
    status: 404,
    code: 'NOT_FOUND',
    outcome: 'none',
  });
  expect(body.error.message).toMatch(/^replyTo: /);
});

test.each([
  ['that are too many', Array.from({ length: 51 }, () => randomUUID()), 400],
  ['that are no ids', ['ada'], 400],
  ['of 10 MB', Array.from({ length: 256 * 1024 }, () => randomUUID()), 413],
])('mentions %s are refused', async (_, mentions, status) => {
  expect((await post(ada, { mentions })).status).toBe(status);
});
