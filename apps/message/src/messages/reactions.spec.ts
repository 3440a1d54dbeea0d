import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { type Ack, limits, type Message, type MessageChanged, type Reaction } from '@parley/contracts';
import { randomUUID } from 'node:crypto';
import { CommandHarness } from '../testing/command-harness.js';
import { TestDatabase } from '../testing/test-database.js';

jest.setTimeout(30_000);

let database: TestDatabase;
let harness: CommandHarness;
let id: string;
let messageId: string;
const [ada, grace, stranger] = [randomUUID(), randomUUID(), randomUUID()];
const life = { slot: 'gateway-0', incarnation: 5 };

beforeAll(async () => {
  database = await TestDatabase.start();
});
afterAll(() => database.stop());
beforeEach(async () => {
  harness = await CommandHarness.open(database.url);
  await harness.openInbox('gateway-0');
  harness.connect(ada, life, 1);
  harness.connect(grace, life, 2);
  await harness.startProcess();
  id = await harness.insertConversation({ [ada]: 'owner', [grace]: 'member' });
  messageId = await send();
});
afterEach(() => harness.close());

async function send(): Promise<string> {
  const wish = harness.send(id, ada, 'text');
  expect(await harness.ask(wish)).toMatchObject({ ok: true });
  return wish.commandId;
}

const wishOf = (userId: string, emoji: string, on = true, message = messageId) => ({
  kind: 'reaction.set' as const,
  conversationId: id,
  userId,
  commandId: randomUUID(),
  body: { id: message, emoji, on },
});

const set = (userId: string, emoji: string, on = true, message = messageId) =>
  harness.ask(wishOf(userId, emoji, on, message));

const change = (kind: 'message.edit' | 'message.delete') => {
  const body = { id: messageId, text: 'other text' };
  return harness.ask({ kind, conversationId: id, userId: ada, commandId: randomUUID(), body });
};

function messageIn(ack: Ack<unknown>): Message {
  if (!ack.ok) throw new Error(ack.error.message);
  return (ack.data as MessageChanged).message;
}

const one = (emoji: string, ...userIds: string[]): Reaction => ({ emoji, count: userIds.length, userIds });
const refused = (code: string) => ({ ok: false, error: { code, retryable: false, outcome: 'none' } });

describe('a reaction', () => {
  test('takes a version and is told to all sessions, as the row is now', async () => {
    const message = messageIn(await set(ada, '👍'));
    expect(message).toMatchObject({
      version: 3,
      createdVersion: 2,
      reactions: [one('👍', ada)],
      editedAt: null,
    });
    await harness.until(() => harness.events.length === 2 && harness.deliveries.length === 2);
    const body = { conversationId: id, version: 3, message };
    expect(harness.deliveries[1]).toEqual({
      slot: 'gateway-0',
      recipients: [1, 2],
      except: null,
      event: 'reaction.changed',
      body,
    });
    expect(harness.events[1]).toMatchObject({ event: 'reaction.changed', actorId: ada, body });
  });

  test('that is there already, or was never there, changes nothing', async () => {
    await set(ada, '👍');
    expect(messageIn(await set(ada, '👍'))).toMatchObject({ version: 3, reactions: [one('👍', ada)] });
    expect(messageIn(await set(grace, '👍', false))).toMatchObject({ version: 3 });
    expect(messageIn(await set(ada, '❤️', false))).toMatchObject({ version: 3 });
    expect(messageIn(await set(grace, '❤️'))).toMatchObject({ version: 4 });
    await harness.until(() => harness.events.length === 3);
  });

  test('stands in the order of the first of its kind, each with who put it there', async () => {
    await set(ada, '👍');
    await set(grace, '❤️');
    expect(messageIn(await set(grace, '👍')).reactions).toEqual([one('👍', ada, grace), one('❤️', grace)]);
    expect(messageIn(await set(ada, '👍', false)).reactions).toEqual([one('❤️', grace), one('👍', grace)]);
    await set(grace, '👍', false);
    expect(messageIn(await set(grace, '❤️', false)).reactions).toEqual([]);
  });

  test('is the same answer again for a retry, and told again after a crash', async () => {
    const wish = wishOf(ada, '👍');
    const message = messageIn(await harness.ask(wish));
    expect(messageIn(await harness.ask(wish))).toEqual(message);
    const successor = await CommandHarness.open(database.url);
    try {
      const replayed = harness.send(id, ada, 'text', messageId);
      await successor.startProcess();
      // At the same positions of the log as before.
      await successor.ask(replayed);
      expect(messageIn(await successor.ask(wish))).toEqual(message);
      await successor.until(() => successor.events.length === 2);
      expect(successor.events[1]).toMatchObject({ event: 'reaction.changed', body: { version: 3, message } });
    } finally {
      await successor.close();
    }
    const { rows } = await harness.pool.query('SELECT FROM messaging.reactions WHERE conversation_id = $1', [
      id,
    ]);
    expect(rows).toHaveLength(1);
  });

  test('many at once are all there, in the table as in the row', async () => {
    const emoji = ['👍', '❤️', '🎉', '😀'];
    const people = [ada, grace];
    const acks = await Promise.all(people.flatMap((userId) => emoji.map((each) => set(userId, each))));
    expect(acks.every(({ ok }) => ok)).toBe(true);
    const message = messageIn(await set(ada, '👍'));
    expect(message.version).toBe(2 + 8);
    expect(message.reactions.map(({ count }) => count)).toEqual([2, 2, 2, 2]);
    const { rows } = await harness.pool.query(
      'SELECT emoji, user_id FROM messaging.reactions WHERE conversation_id = $1',
      [id],
    );
    expect(rows).toHaveLength(8);
  });

  test('of many people is counted, and names the first 20', async () => {
    const crowd = Array.from({ length: 30 }, () => randomUUID());
    id = await harness.insertConversation(Object.fromEntries(crowd.map((userId) => [userId, 'member'])));
    messageId = (await sendAs(crowd[0] as string)).id;
    for (const userId of crowd) await set(userId, '🎉');
    const [reaction] = messageIn(await set(crowd[0] as string, '🎉')).reactions;
    expect(reaction).toEqual({ emoji: '🎉', count: 30, userIds: crowd.slice(0, 20) });
    const [fewer] = messageIn(await set(crowd[3] as string, '🎉', false)).reactions;
    const first = crowd.slice(0, 21).filter((_, n) => n !== 3);
    expect(fewer).toEqual({ emoji: '🎉', count: 29, userIds: first });
    const [fewest] = messageIn(await set(crowd[29] as string, '🎉', false)).reactions;
    expect(fewest).toEqual({ emoji: '🎉', count: 28, userIds: first });
    const both = messageIn(await set(crowd[3] as string, '👍')).reactions;
    expect(both).toEqual([fewest, one('👍', crowd[3] as string)]);
    const [more] = messageIn(await set(crowd[3] as string, '🎉')).reactions;
    expect(more).toEqual({ emoji: '🎉', count: 29, userIds: first });
  });

  test('beyond the most different ones is too much; one of those is not', async () => {
    await harness.pool.query(
      `INSERT INTO messaging.reactions SELECT $1, 1, chr(128512 + n), $2, 2, now() FROM generate_series(1, $3) AS n`,
      [id, grace, limits.reactionsPerMessage.max - 1],
    );
    await harness.pool.query(
      `UPDATE messaging.messages SET reactions = (
         SELECT json_agg(json_build_object('emoji', emoji, 'count', 1, 'userIds', json_build_array(user_id)))
         FROM messaging.reactions WHERE conversation_id = $1)
       WHERE conversation_id = $1`,
      [id],
    );
    expect(messageIn(await set(ada, '👍')).reactions).toHaveLength(limits.reactionsPerMessage.max);
    expect(await set(ada, '❤️')).toMatchObject(refused('TOO_LARGE'));
    expect(await set(grace, '👍')).toMatchObject({ ok: true });
    await set(grace, '👍', false);
    await set(ada, '👍', false);
    expect(await set(ada, '❤️')).toMatchObject({ ok: true });
  });

  test('is not for who is no member, or has left; what they put there stays', async () => {
    expect(await set(stranger, '👍')).toMatchObject(refused('NOT_FOUND'));
    const wish = wishOf(grace, '👍');
    await harness.ask(wish);
    const remove = {
      kind: 'member.remove' as const,
      conversationId: id,
      userId: grace,
      commandId: randomUUID(),
    };
    await harness.ask({ ...remove, body: { userId: grace } });
    expect(await set(grace, '👍', false)).toMatchObject(refused('NOT_FOUND'));
    // It had happened, which whoever left is neither told nor told wrongly.
    expect(await harness.ask(wish)).toMatchObject({ error: { code: 'NOT_FOUND', outcome: 'unknown' } });
    expect(messageIn(await set(ada, '👍')).reactions).toEqual([one('👍', grace, ada)]);
  });

  test('is not for what does not exist, is elsewhere, or is older than one may see', async () => {
    expect(await set(ada, '👍', true, randomUUID())).toMatchObject(refused('NOT_FOUND'));
    const here = id;
    id = await harness.insertConversation({ [ada]: 'owner' });
    expect(await set(ada, '👍')).toMatchObject(refused('NOT_FOUND'));
    id = here;
    await harness.pool.query(
      'UPDATE messaging.members SET visible_from_seq = 2 WHERE conversation_id = $1 AND user_id = $2',
      [id, grace],
    );
    const other = await CommandHarness.open(database.url);
    try {
      await other.startProcess();
      other.connect(ada, life, 1);
      other.connect(grace, life, 2);
      await other.openInbox('gateway-0');
      expect(await other.ask(wishOf(grace, '👍'))).toMatchObject(refused('NOT_FOUND'));
      expect(await other.ask(wishOf(ada, '👍'))).toMatchObject({ ok: true });
      // Who may not see the message learns that a version was taken, and nothing else.
      await other.until(() => other.deliveries.length === 2);
      const told = other.deliveries.map(({ recipients, body }) => [recipients, body['message'] !== null]);
      expect(told).toEqual([
        [[1], true],
        [[2], false],
      ]);
    } finally {
      await other.close();
    }
  });
});

test('an edit keeps reactions, a deletion takes them, and nobody reacts to what was deleted', async () => {
  await set(grace, '👍');
  expect(messageIn(await change('message.edit'))).toMatchObject({ reactions: [one('👍', grace)] });
  expect(messageIn(await change('message.delete'))).toMatchObject({ version: 5, reactions: [] });
  expect(await set(grace, '👍')).toMatchObject(refused('CONFLICT'));
  expect(await set(grace, '👍', false)).toMatchObject(refused('CONFLICT'));
  const { rows } = await harness.pool.query('SELECT FROM messaging.reactions WHERE conversation_id = $1', [
    id,
  ]);
  expect(rows).toEqual([]);
});

async function sendAs(userId: string): Promise<Message> {
  return messageIn(await harness.ask(harness.send(id, userId, 'text')));
}
