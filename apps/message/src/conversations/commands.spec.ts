import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  type CommandKind,
  type CommandOf,
  type HistoryForNewMembers,
  type MemberRole,
} from '@parley/contracts';
import { randomUUID } from 'node:crypto';
import { CommandHarness } from '../testing/command-harness.js';
import { TestDatabase } from '../testing/test-database.js';
import { directConversationId } from './direct-conversation-id.js';

let database: TestDatabase;
let harness: CommandHarness;
const life = { slot: 'gateway-0', incarnation: 5 };
const [owner, admin, member, other, stranger] = Array.from({ length: 5 }, () => randomUUID()) as [
  string,
  string,
  string,
  string,
  string,
];
const everybody: Record<string, MemberRole> = {
  [owner]: 'owner',
  [admin]: 'admin',
  [member]: 'member',
  [other]: 'member',
};
const counters = new Map([owner, admin, member, other, stranger].map((userId, n) => [userId, n + 1]));

beforeAll(async () => {
  database = await TestDatabase.start();
});
afterAll(() => database.stop());
beforeEach(async () => {
  harness = await CommandHarness.open(database.url);
  await harness.openInbox('gateway-0');
  for (const [userId, counter] of counters) harness.connect(userId, life, counter);
  await harness.startProcess();
});
afterEach(() => harness.close());

function ask<Kind extends CommandKind>(
  kind: Kind,
  conversationId: string,
  userId: string,
  body: CommandOf<Kind>['body'],
) {
  const wish = { kind, conversationId, userId, commandId: randomUUID(), body };
  return harness.ask<Kind>(wish as never);
}

async function sendAs(conversationId: string, userId: string, text = 'text'): Promise<string> {
  const wish = harness.send(conversationId, userId, text);
  expect(await harness.ask(wish)).toMatchObject({ ok: true });
  return wish.commandId;
}

/** Who was delivered the event of that version, as user ids. */
async function audienceOf(version: number, hidden = false): Promise<string[]> {
  await harness.until(() => harness.events.some(({ body }) => body.version === version));
  const recipients = harness.deliveries
    .filter(({ body }) => body.version === version && (body['message'] === null) === hidden)
    .flatMap((delivery) => delivery.recipients);
  return [...counters].filter(([, counter]) => recipients.includes(counter)).map(([userId]) => userId);
}

async function versionOf(conversationId: string): Promise<number | undefined> {
  const { rows } = await harness.pool.query<{ version: number }>(
    'SELECT version FROM messaging.conversations WHERE id = $1',
    [conversationId],
  );
  return rows[0]?.version;
}

const done = { ok: true };
const refused = (code: string) => ({ ok: false, error: { code, outcome: 'none', retryable: false } });

describe('message.edit', () => {
  test.each([
    ['its sender', member, done],
    ['another member', other, refused('FORBIDDEN')],
    ['an owner', owner, refused('FORBIDDEN')],
    ['who is no member', stranger, refused('NOT_FOUND')],
  ])('by %s', async (_, userId, answer) => {
    const id = await harness.insertConversation(everybody);
    const messageId = await sendAs(id, member, 'before');
    const ack = await ask('message.edit', id, userId, { id: messageId, text: 'after' });
    expect(ack).toMatchObject(answer);
    expect(await versionOf(id)).toBe(answer === done ? 3 : 2);
  });

  test('tells all sessions the row as it is now, with the version of the change', async () => {
    const id = await harness.insertConversation(everybody);
    const messageId = await sendAs(id, member, 'before');
    const ack = await ask('message.edit', id, member, { id: messageId, text: 'after' });
    const message = { seq: 1, version: 3, createdVersion: 2, text: 'after', editedAt: expect.any(String) };
    expect(ack).toMatchObject({ ok: true, data: { message } });
    expect(await audienceOf(3)).toEqual([owner, admin, member, other]);
    const event = harness.events.find(({ body }) => body.version === 3);
    expect(event).toMatchObject({ event: 'message.edited', actorId: member, body: { message } });
  });

  test('to the same text changes nothing and tells nobody', async () => {
    const id = await harness.insertConversation(everybody);
    const messageId = await sendAs(id, member, 'same');
    const ack = await ask('message.edit', id, member, { id: messageId, text: 'same' });
    expect(ack).toMatchObject({ ok: true, data: { message: { version: 2, editedAt: null } } });
    await sendAs(id, member);
    await audienceOf(3);
    expect(harness.events.map(({ event }) => event)).toEqual(['message.created', 'message.created']);
  });

  test('of what does not exist, or was deleted', async () => {
    const id = await harness.insertConversation(everybody);
    const elsewhere = await sendAs(await harness.insertConversation(everybody), member);
    const messageId = await sendAs(id, member);
    await ask('message.delete', id, member, { id: messageId });
    expect(await ask('message.edit', id, member, { id: elsewhere, text: 'x' })).toMatchObject(
      refused('NOT_FOUND'),
    );
    expect(await ask('message.edit', id, member, { id: messageId, text: 'x' })).toMatchObject(
      refused('CONFLICT'),
    );
  });

  test('reaches a member who may not see the message without it', async () => {
    const id = await harness.insertConversation({ [owner]: 'owner' });
    const messageId = await sendAs(id, owner, 'secret');
    await ask('conversation.update', id, owner, { historyForNewMembers: 'none' });
    const joined = await ask('member.add', id, owner, { userIds: [member] });
    expect(joined).toMatchObject({
      data: { members: [{ userId: member, visibleFromSeq: 2, joinedVersion: 4 }] },
    });
    await ask('message.edit', id, owner, { id: messageId, text: 'still secret' });
    expect(await audienceOf(5)).toEqual([owner]);
    expect(await audienceOf(5, true)).toEqual([member]);
    expect(await ask('message.delete', id, member, { id: messageId })).toMatchObject(refused('NOT_FOUND'));
  });
});

describe('message.delete', () => {
  test.each([
    ['its sender', member, done],
    ['another member', other, refused('FORBIDDEN')],
    ['an admin', admin, done],
    ['an owner', owner, done],
    ['who is no member', stranger, refused('NOT_FOUND')],
  ])('by %s', async (_, userId, answer) => {
    const id = await harness.insertConversation(everybody);
    const messageId = await sendAs(id, member);
    expect(await ask('message.delete', id, userId, { id: messageId })).toMatchObject(answer);
  });

  test('leaves a tombstone, and twice is once', async () => {
    const id = await harness.insertConversation(everybody);
    const messageId = await sendAs(id, member, 'gone soon');
    const tombstone = { data: { message: { text: '', version: 3, deletedAt: expect.any(String) } } };
    expect(await ask('message.delete', id, member, { id: messageId })).toMatchObject(tombstone);
    expect(await ask('message.delete', id, admin, { id: messageId })).toMatchObject(tombstone);
    expect(await versionOf(id)).toBe(3);
  });

  test('asked again by who has left since, it is not said to have come to nothing', async () => {
    const id = await harness.insertConversation(everybody);
    const head = { kind: 'message.delete' as const, conversationId: id, userId: member };
    const wish = { ...head, commandId: randomUUID(), body: { id: await sendAs(id, member) } };
    expect(await harness.ask(wish)).toMatchObject(done);
    await ask('member.remove', id, owner, { userId: member });
    expect(await harness.ask(wish)).toMatchObject({ error: { code: 'NOT_FOUND', outcome: 'unknown' } });
  });

  test('of the other one in a direct conversation is not for either of the two', async () => {
    const id = await harness.insertConversation({ [member]: 'member', [other]: 'member' }, 'direct');
    const messageId = await sendAs(id, member);
    expect(await ask('message.delete', id, other, { id: messageId })).toMatchObject(refused('FORBIDDEN'));
  });
});

describe('conversation.create', () => {
  const group = (name: string, memberIds: string[]) => ({
    kind: 'group' as const,
    name,
    memberIds,
    historyForNewMembers: 'all' as HistoryForNewMembers,
  });

  test('of a group makes its creator owner and tells its members', async () => {
    const id = randomUUID();
    const ack = await ask('conversation.create', id, owner, group('friends', [member, other, member, owner]));
    const conversation = { id, kind: 'group', name: 'friends', version: 1, lastSeq: 0 };
    expect(ack).toMatchObject({ ok: true, data: { conversation } });
    const { members } = (ack as { data: { members: { userId: string; role: string }[] } }).data;
    expect(Object.fromEntries(members.map(({ userId, role }) => [userId, role]))).toEqual({
      [owner]: 'owner',
      [member]: 'member',
      [other]: 'member',
    });
    expect(await audienceOf(1)).toEqual([owner, member, other]);
    expect(await ask('conversation.create', id, stranger, group('again', []))).toMatchObject(
      refused('CONFLICT'),
    );
    expect(await harness.ask(harness.send(id, member, 'first'))).toMatchObject({
      data: { message: { seq: 1, version: 2 } },
    });
  });

  test('of a direct one makes it once, whoever of the two begins', async () => {
    const id = directConversationId(member, other);
    const direct = (memberIds: string[]) => ({
      ...group('', memberIds),
      kind: 'direct' as const,
      name: null,
    });
    const created = await ask('conversation.create', id, member, direct([other]));
    expect(created).toMatchObject({
      ok: true,
      data: { conversation: { kind: 'direct', name: null, version: 1 } },
    });
    expect(await ask('conversation.create', id, other, direct([member]))).toMatchObject({
      ok: true,
      data: { conversation: { version: 1 } },
    });
    expect(await ask('conversation.create', id, stranger, direct([member]))).toMatchObject(
      refused('INVALID'),
    );
    const own = directConversationId(member, member);
    expect(await ask('conversation.create', own, member, direct([member]))).toMatchObject(done);
    await sendAs(own, member);
  });
});

describe('conversation.update', () => {
  test.each([
    ['a member', member, refused('FORBIDDEN')],
    ['an admin', admin, done],
    ['an owner', owner, done],
    ['who is no member', stranger, refused('NOT_FOUND')],
  ])('by %s', async (_, userId, answer) => {
    const id = await harness.insertConversation(everybody);
    expect(await ask('conversation.update', id, userId, { name: 'new name' })).toMatchObject(answer);
  });

  test('to what it is already changes nothing', async () => {
    const id = await harness.insertConversation(everybody);
    expect(await ask('conversation.update', id, owner, { name: 'a group' })).toMatchObject({
      data: { conversation: { version: 1 } },
    });
  });
});

describe('a direct conversation', () => {
  test('cannot be left, renamed, or joined', async () => {
    const id = await harness.insertConversation({ [member]: 'member', [other]: 'member' }, 'direct');
    const no = refused('FORBIDDEN');
    expect(await ask('member.remove', id, member, { userId: member })).toMatchObject(no);
    expect(await ask('conversation.update', id, member, { name: 'x' })).toMatchObject(no);
    expect(await ask('member.add', id, member, { userIds: [stranger] })).toMatchObject(no);
    expect(await ask('member.update', id, member, { userId: member, role: 'owner' })).toMatchObject(no);
    expect(await ask('member.add', id, stranger, { userIds: [stranger] })).toMatchObject(
      refused('NOT_FOUND'),
    );
  });
});

describe('member.add', () => {
  test.each([
    ['a member', member, refused('FORBIDDEN')],
    ['an admin', admin, done],
    ['an owner', owner, done],
    ['who is no member', stranger, refused('NOT_FOUND')],
  ])('by %s', async (_, userId, answer) => {
    const id = await harness.insertConversation(everybody);
    expect(await ask('member.add', id, userId, { userIds: [stranger] })).toMatchObject(answer);
  });

  test('takes one version for all who join, and leaves the others as they are', async () => {
    const id = await harness.insertConversation({ [owner]: 'owner', [admin]: 'admin' });
    await sendAs(id, owner);
    const many = Array.from({ length: 497 }, () => randomUUID());
    const ack = await ask('member.add', id, admin, { userIds: [admin, member, member, other, ...many] });
    const { members } = (ack as { data: { members: { userId: string; joinedVersion: number }[] } }).data;
    expect(members).toHaveLength(499);
    expect(members.every(({ joinedVersion }) => joinedVersion === 3)).toBe(true);
    expect(await audienceOf(3)).toEqual([owner, admin, member, other]);
    expect(await ask('member.add', id, owner, { userIds: [member] })).toMatchObject({
      data: { members: [] },
    });
    expect(await versionOf(id)).toBe(3);
  });

  test('stops at the largest group', async () => {
    const id = await harness.insertConversation({ [owner]: 'owner' });
    await harness.pool.query(
      `INSERT INTO messaging.members (conversation_id, user_id, role, version, joined_version, visible_from_seq)
       SELECT $1, gen_random_uuid(), 'member', 1, 1, 1 FROM generate_series(1, 9998)`,
      [id],
    );
    expect(await ask('member.add', id, owner, { userIds: [member, other] })).toMatchObject(
      refused('TOO_LARGE'),
    );
    expect(await ask('member.add', id, owner, { userIds: [member] })).toMatchObject(done);
    expect(await ask('member.add', id, owner, { userIds: [other] })).toMatchObject(refused('TOO_LARGE'));
  });

  test('lets somebody join again, as a member who joins now', async () => {
    const id = await harness.insertConversation(everybody);
    await ask('member.remove', id, owner, { userId: admin });
    expect(await harness.ask(harness.send(id, admin, 'left'))).toMatchObject(refused('NOT_FOUND'));
    const ack = await ask('member.add', id, owner, { userIds: [admin] });
    expect(ack).toMatchObject({
      data: { members: [{ userId: admin, role: 'member', joinedVersion: 3, leftVersion: null }] },
    });
    await sendAs(id, admin);
    expect(await audienceOf(2)).toEqual([owner, admin, member, other]);
  });
});

describe('member.update', () => {
  test.each([
    ['a member', member, refused('FORBIDDEN')],
    ['an admin', admin, refused('FORBIDDEN')],
    ['an owner', owner, done],
    ['who is no member', stranger, refused('NOT_FOUND')],
  ])('by %s', async (_, userId, answer) => {
    const id = await harness.insertConversation(everybody);
    expect(await ask('member.update', id, userId, { userId: other, role: 'admin' })).toMatchObject(answer);
  });

  test('takes effect for the next command, and keeps the last owner', async () => {
    const id = await harness.insertConversation(everybody);
    expect(await ask('member.update', id, owner, { userId: owner, role: 'member' })).toMatchObject(
      refused('CONFLICT'),
    );
    expect(await ask('member.update', id, owner, { userId: stranger, role: 'admin' })).toMatchObject(
      refused('NOT_FOUND'),
    );
    expect(await ask('member.update', id, owner, { userId: member, role: 'owner' })).toMatchObject({
      data: { members: [{ userId: member, role: 'owner' }] },
    });
    expect(await audienceOf(2)).toEqual([owner, admin, member, other]);
    expect(await ask('member.update', id, member, { userId: owner, role: 'member' })).toMatchObject(done);
    expect(await ask('member.update', id, owner, { userId: other, role: 'admin' })).toMatchObject(
      refused('FORBIDDEN'),
    );
    expect(await ask('member.update', id, member, { userId: other, role: 'member' })).toMatchObject(done);
    expect(await versionOf(id)).toBe(3);
  });
});

describe('member.remove', () => {
  test.each([
    ['a member removes a member', member, other, refused('FORBIDDEN')],
    ['a member leaves', member, member, done],
    ['an admin removes a member', admin, member, done],
    ['an admin removes an owner', admin, owner, refused('FORBIDDEN')],
    ['an owner removes an admin', owner, admin, done],
    ['an owner removes who is no member', owner, stranger, refused('NOT_FOUND')],
    ['who is no member removes a member', stranger, member, refused('NOT_FOUND')],
  ])('%s', async (_, userId, removed, answer) => {
    const id = await harness.insertConversation(everybody);
    expect(await ask('member.remove', id, userId, { userId: removed })).toMatchObject(answer);
  });

  test('tells who left of it, and of nothing after it', async () => {
    const id = await harness.insertConversation(everybody);
    await ask('member.remove', id, owner, { userId: other });
    const messageId = await sendAs(id, member, 'among us');
    await ask('message.edit', id, member, { id: messageId, text: 'still among us' });
    expect(await audienceOf(2)).toEqual([owner, admin, member, other]);
    expect(await audienceOf(3)).toEqual([owner, admin, member]);
    expect(await audienceOf(4)).toEqual([owner, admin, member]);
    expect(harness.events[0]).toMatchObject({
      event: 'member.left',
      body: { version: 2, members: [{ userId: other, leftVersion: 2 }] },
    });
  });

  test('of the last owner makes the longest-standing admin owner, then the longest-standing member', async () => {
    const id = await harness.insertConversation({ [owner]: 'owner', [member]: 'member' });
    await ask('member.add', id, owner, { userIds: [admin] });
    await ask('member.update', id, owner, { userId: admin, role: 'admin' });
    const first = await ask('member.remove', id, owner, { userId: owner });
    expect((first as { data: { members: object[] } }).data.members).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ userId: owner, leftVersion: 4 }),
        expect.objectContaining({ userId: admin, role: 'owner', leftVersion: null }),
      ]),
    );
    await ask('member.add', id, admin, { userIds: [other] });
    const second = await ask('member.remove', id, admin, { userId: admin });
    expect((second as { data: { members: object[] } }).data.members).toContainEqual(
      expect.objectContaining({ userId: member, role: 'owner' }),
    );
    expect(await ask('member.update', id, member, { userId: other, role: 'admin' })).toMatchObject(done);
    await ask('member.remove', id, member, { userId: other });
    expect(await ask('member.remove', id, member, { userId: member })).toMatchObject(done);
    expect(await ask('member.remove', id, member, { userId: member })).toMatchObject(refused('NOT_FOUND'));
  });
});
