import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type Ack, type CommandOf, type Message, type MessageChanged } from '@parley/contracts';
import { randomUUID } from 'node:crypto';
import { CommandHarness } from '../testing/command-harness.js';
import { TestDatabase } from '../testing/test-database.js';

let database: TestDatabase;
let harness: CommandHarness;
const [ada, grace, late, stranger] = Array.from({ length: 4 }, () => randomUUID()) as [
  string,
  string,
  string,
  string,
];
const life = { slot: 'gateway-0', incarnation: 5 };

beforeAll(async () => {
  database = await TestDatabase.start();
});
afterAll(() => database.stop());
beforeEach(async () => {
  harness = await CommandHarness.open(database.url);
  await harness.openInbox('gateway-0');
  harness.connect(grace, life, 1);
  await harness.startProcess();
});
afterEach(() => harness.close());

type Details = Omit<CommandOf<'message.send'>['body'], 'text'>;

const wishOf = (id: string, details: Details = {}, userId = ada, commandId: string = randomUUID()) => {
  const wish = harness.send(id, userId, 'text', commandId);
  return { ...wish, body: { ...wish.body, ...details } };
};

const ofMessage = (kind: 'message.edit' | 'message.delete', conversationId: string, id: string) => ({
  kind,
  conversationId,
  userId: ada,
  commandId: randomUUID(),
  body: { id, text: 'other text' },
});

function messageIn(ack: Ack<unknown>): Message {
  if (!ack.ok) throw new Error(ack.error.message);
  return (ack.data as MessageChanged).message;
}

async function delivered(version: number): Promise<unknown> {
  const find = () => harness.deliveries.find(({ body }) => body.version === version);
  await harness.until(() => find() !== undefined);
  return find()?.body['message'];
}

const refused = { ok: false, error: { code: 'NOT_FOUND', retryable: false, outcome: 'none' } };

describe('a reply', () => {
  test('names what it replies to, in every answer and to everybody', async () => {
    const id = await harness.insertConversation({ [ada]: 'owner', [grace]: 'member' });
    const target = wishOf(id);
    await harness.ask(target);
    const wish = wishOf(id, { replyTo: target.commandId });
    const message = messageIn(await harness.ask(wish));
    expect(message).toMatchObject({ seq: 2, version: 3, replyTo: target.commandId, mentions: [] });
    expect(await delivered(3)).toEqual(message);
    expect(await harness.ask(wish)).toEqual({ ok: true, data: { message, deduplicated: true } });
  });

  test('may come in one batch with what it replies to', async () => {
    const id = await harness.insertConversation({ [ada]: 'owner', [grace]: 'member' });
    const first = wishOf(id);
    const second = wishOf(id, { replyTo: first.commandId }, grace);
    const missing = wishOf(id, { replyTo: randomUUID() });
    const wishes = [first, second, missing, wishOf(id, { replyTo: second.commandId }), wishOf(id)];
    const requests = await Promise.all(wishes.map((wish) => harness.append(wish)));
    const acks = await Promise.all(requests.map((request) => harness.replyTo(request)));
    const done = { ok: true };
    expect(acks).toMatchObject([done, done, refused, done, done]);
    expect(messageIn(acks[3] as Ack<unknown>)).toMatchObject({ seq: 3, replyTo: second.commandId });
  });

  test('to what was deleted is a reply', async () => {
    const id = await harness.insertConversation({ [ada]: 'owner' });
    const target = wishOf(id);
    await harness.ask(target);
    await harness.ask(ofMessage('message.delete', id, target.commandId));
    const ack = await harness.ask(wishOf(id, { replyTo: target.commandId }));
    expect(messageIn(ack).replyTo).toBe(target.commandId);
  });

  test('to what is in another conversation, or nowhere, is refused, and stays so', async () => {
    const id = await harness.insertConversation({ [ada]: 'owner' });
    const elsewhere = wishOf(await harness.insertConversation({ [ada]: 'owner' }));
    await harness.ask(elsewhere);
    const target = wishOf(id);
    const wish = wishOf(id, { replyTo: target.commandId });
    expect(await harness.ask(wishOf(id, { replyTo: elsewhere.commandId }))).toMatchObject(refused);
    expect(await harness.ask(wish)).toMatchObject(refused);
    expect(messageIn(await harness.ask(target)).seq).toBe(1);
    expect(await harness.ask(wish)).toMatchObject(refused);
  });

  test('to what was written before its sender may see is refused', async () => {
    const id = await harness.insertConversation({ [ada]: 'owner', [late]: 'member' });
    await harness.pool.query('UPDATE messaging.members SET visible_from_seq = 2 WHERE user_id = $1', [late]);
    const [unseen, seen] = [wishOf(id), wishOf(id)];
    await harness.ask(unseen);
    await harness.ask(seen);
    expect(await harness.ask(wishOf(id, { replyTo: unseen.commandId }, late))).toMatchObject(refused);
    expect(await harness.ask(wishOf(id, { replyTo: seen.commandId }, late))).toMatchObject({ ok: true });
    expect(await harness.ask(wishOf(id, { replyTo: seen.commandId }, stranger))).toMatchObject(refused);
  });

  test('to what another process stored meanwhile is found', async () => {
    const id = await harness.insertConversation({ [ada]: 'owner' });
    await harness.ask(wishOf(id));
    const other = await CommandHarness.open(database.url);
    try {
      await other.startProcess();
      const target = wishOf(id);
      expect(messageIn(await other.ask(target)).seq).toBe(2);
      const ack = await harness.ask(wishOf(id, { replyTo: target.commandId }));
      expect(messageIn(ack)).toMatchObject({ seq: 3, replyTo: target.commandId });
    } finally {
      await other.close();
    }
  });
});

describe('mentions', () => {
  test('are of members: others are left out, and the message is stored', async () => {
    const id = await harness.insertConversation({ [ada]: 'owner', [grace]: 'member' });
    const wish = wishOf(id, { mentions: [stranger, grace, ada] });
    const message = messageIn(await harness.ask(wish));
    expect(message).toMatchObject({ seq: 1, mentions: [grace, ada] });
    expect(await delivered(2)).toEqual(message);
    const remove = {
      kind: 'member.remove' as const,
      conversationId: id,
      userId: ada,
      commandId: randomUUID(),
    };
    await harness.ask({ ...remove, body: { userId: grace } });
    expect(await harness.ask(wish)).toEqual({ ok: true, data: { message, deduplicated: true } });
    const later = messageIn(await harness.ask(wishOf(id, { mentions: [grace] })));
    expect(later.mentions).toEqual([]);
  });

  test('stand with their own message, whatever is stored beside it', async () => {
    const id = await harness.insertConversation({ [ada]: 'owner', [grace]: 'member' });
    const details: Details[] = [
      {},
      { mentions: [grace] },
      {},
      {},
      { mentions: [ada, grace] },
      { mentions: [] },
    ];
    const wishes = details.map((each) => wishOf(id, each));
    const requests = await Promise.all(wishes.map((wish) => harness.append(wish)));
    const acks = await Promise.all(requests.map((request) => harness.replyTo(request)));
    const expected = details.map(({ mentions = [] }) => mentions);
    expect(acks.map((ack) => messageIn(ack).mentions)).toEqual(expected);
    const again = await Promise.all(wishes.map((wish) => harness.ask(wish)));
    expect(again.map((ack) => messageIn(ack).mentions)).toEqual(expected);
  });
});

test('an edit keeps both, a deletion keeps the reply', async () => {
  const id = await harness.insertConversation({ [ada]: 'owner', [grace]: 'member' });
  const target = wishOf(id);
  await harness.ask(target);
  const wish = wishOf(id, { replyTo: target.commandId, mentions: [grace] });
  await harness.ask(wish);
  const edited = await harness.ask(ofMessage('message.edit', id, wish.commandId));
  expect(messageIn(edited)).toMatchObject({
    replyTo: target.commandId,
    mentions: [grace],
    text: 'other text',
  });
  const deleted = await harness.ask(ofMessage('message.delete', id, wish.commandId));
  const tombstone = { replyTo: target.commandId, mentions: [], text: '' };
  expect(messageIn(deleted)).toMatchObject(tombstone);
  expect(await delivered(5)).toMatchObject(tombstone);
});
