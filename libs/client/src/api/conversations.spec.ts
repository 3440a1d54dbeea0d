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
