import { expect, test } from '@jest/globals';
import { type Api, type RequestOptions } from './api.js';
import { Conversations } from './conversations.js';

const setUp = () => {
  const asked: [string, string, RequestOptions | undefined][] = [];
  const request = async (method: string, path: string, options?: RequestOptions): Promise<unknown> => {
    asked.push([method, path, options]);
    return {};
  };
  return { asked, conversations: new Conversations({ request } as unknown as Api) };
};

test('a message is sent with what it answers and whom it mentions', async () => {
  const { asked, conversations } = setUp();
  const body = { id: 'm', text: 'yes', replyTo: 'n', mentions: ['ada'] };
  await conversations.send({ conversationId: 'c', ...body });
  expect(asked).toEqual([['POST', '/v1/conversations/c/messages', { body }]]);
});

test('who has read a message, and how far everybody has come, are asked for page by page', async () => {
  const { asked, conversations } = setUp();
  await conversations.readers('c', 7, 'cursor', 50);
  await conversations.receipts('c', 'cursor', 50);
  const query = { cursor: 'cursor', limit: 50 };
  expect(asked).toEqual([
    ['GET', '/v1/conversations/c/messages/7/readers', { query }],
    ['GET', '/v1/conversations/c/receipts', { query }],
  ]);
});
