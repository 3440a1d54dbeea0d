import { describe, expect, test } from '@jest/globals';
import { type Member, type Message, type Page, type Receipt } from '@parley/contracts';
import { type Conversations } from '../api/conversations.js';
import { type Outbox } from '../outbox/outbox.js';
import { type ReceiptSender } from '../receipts/receipt-sender.js';
import { Receipts } from '../receipts/receipts.js';
import { type Typing } from '../typing/typing.js';
import { Conversation } from './conversation.js';
import { ConversationStates } from './conversation-states.js';
import { ModelServer } from './testing/model-server.js';

const nothing = () => undefined;

/** The conversation of a device of `me`, with a server that counts how often it is asked for marks. */
const setUp = () => {
  const server = new ModelServer();
  const observer = { changed: nothing, synced: nothing, missing: nothing, begunAnew: nothing };
  const states = new ConversationStates(observer);
  const receipts = new Receipts({} as ReceiptSender, nothing, nothing);
  states.userId = receipts.userId = 'me';
  const asked = { receipts: 0, messages: 0 };
  const conversations = {
    messages: async (_: string, { beforeSeq = 0 }): Promise<Page<Message>> => {
      asked.messages += 1;
      return { items: server.page(beforeSeq), nextCursor: null };
    },
    receipts: async (): Promise<Page<Receipt>> => {
      asked.receipts += 1;
      return { items: [{ userId: 'ada', deliveredSeq: 1, readSeq: 1 }], nextCursor: null };
    },
  } as unknown as Conversations;
  const outbox = { of: () => [] } as unknown as Outbox;
  const sync = async () => states.synced('conversation', server.sync(0));
  const parts = { conversations, states, outbox, receipts, typing: {} as Typing, sync };
  const conversation = new Conversation('conversation', parts);
  return { server, states, receipts, asked, conversation };
};

const member = (userId: string): Member => ({
  userId,
  role: 'member',
  joinedVersion: 1,
  leftVersion: null,
  visibleFromSeq: 1,
});

describe('in a group that grows too large to tell each of each other', () => {
  const grown = () => {
    const device = setUp();
    const { server, states, receipts, conversation } = device;
    const own = { ...server.create(), senderId: 'me' };
    const answer = { ...server.sync(0), messages: [own], members: [member('me'), member('ada')] };
    states.synced('conversation', answer);
    receipts.advance('conversation', { userId: 'ada', deliveredSeq: 1, readSeq: 1 });
    const before = conversation.messages[0];
    states.synced('conversation', { ...answer, messages: [], members: [], membersPaged: true });
    conversation.updated();
    return { ...device, before, after: conversation.messages[0] };
  };

  test('what was read by all stays so', () => {
    const { before, after } = grown();
    expect(before).toMatchObject({ state: 'read', reach: { audience: 1, readCount: 1 } });
    expect(after).toMatchObject({ state: 'read', reach: { audience: null, readCount: 1 } });
  });

  test('who follows asks for the marks of all only once', async () => {
    const { asked, conversation } = grown();
    await conversation.follow();
    await conversation.follow();
    conversation.catchUp();
    expect(asked.receipts).toBe(1);
  });
});

test('history that is asked for before the first sync comes behind it', async () => {
  const { server, asked, conversation } = setUp();
  for (let count = 1; count <= 8; count += 1) server.create();
  await conversation.history();
  expect(asked.messages).toBe(1);
  expect(conversation.messages.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});
