import { describe, expect, test } from '@jest/globals';
import { type Member, type SyncedConversation } from '@parley/contracts';
import { type Change, type ConversationEvent, ConversationState } from './conversation-state.js';
import { ModelServer } from './testing/model-server.js';

const begun = (server: ModelServer): ConversationState => {
  const state = new ConversationState('conversation', 'me');
  state.synced(server.sync(0));
  return state;
};

const last = (server: ModelServer): ConversationEvent => {
  const event = server.events.at(-1);
  if (!event) throw new Error('nothing was told yet');
  return event;
};

const texts = (state: ConversationState) => [...state.messages.values()].map(({ text }) => text);

const membership = (leftVersion: number | null, joinedVersion = 1): Member => ({
  userId: 'me',
  role: 'member',
  joinedVersion,
  leftVersion,
  visibleFromSeq: 1,
});

const leaving = (version: number): ConversationEvent => ({
  name: 'member.left',
  body: { conversationId: 'conversation', version, members: [membership(version)] },
});

describe('a conversation on a device', () => {
  test('applies the next version and says what is new', () => {
    const server = new ModelServer();
    const state = begun(server);
    const message = server.create();
    expect(state.event(last(server))).toEqual([{ kind: 'message', how: 'new', message }]);
    expect(state).toMatchObject({ version: 2, incomplete: false });
  });

  test('keeps what comes behind a hole until the hole is filled', () => {
    const server = new ModelServer();
    const state = begun(server);
    server.create();
    const missed = last(server);
    server.create();
    expect(state.event(last(server))).toEqual([]);
    expect(state.incomplete).toBe(true);
    expect(state.event(missed)).toHaveLength(2);
    expect(texts(state)).toEqual(['text 1', 'text 2']);
  });

  test('still knows its own message that was acknowledged behind a hole', () => {
    const server = new ModelServer();
    const state = begun(server);
    server.create();
    const missed = last(server);
    const own = { ...server.create(), senderId: 'me' };
    expect(state.acknowledged(own, 'created')).toEqual([]);
    expect(state.ownAhead).toEqual([own]);
    state.event(missed);
    expect(state.ownAhead).toEqual([]);
    expect(texts(state)).toEqual(['text 1', 'text 2']);
  });

  test('shows a message once, however often and wherever from it comes', () => {
    const server = new ModelServer();
    const state = begun(server);
    const message = server.create();
    expect(state.acknowledged(message, 'created')).toHaveLength(1);
    expect(state.event(last(server))).toEqual([]);
    expect(state.synced(server.sync(1)).filter(({ kind }) => kind === 'message')).toEqual([]);
  });

  test('is not taken back by the answer to a sync that is older than a live event', () => {
    const server = new ModelServer();
    const state = begun(server);
    server.create();
    state.event(last(server));
    const old = server.sync(1);
    server.edit(0);
    state.event(last(server));
    state.synced(old);
    expect(texts(state)).toEqual(['text 1, edited in 3']);
    expect(state.version).toBe(3);
  });

  test('keeps its members when the answer to a sync is older than a live event', () => {
    const server = new ModelServer();
    const state = begun(server);
    const old: SyncedConversation = { ...server.sync(0), members: [membership(null)] };
    const newer: Member = { ...membership(null), role: 'admin' };
    const body = { conversationId: 'conversation', version: 2, members: [newer] };
    state.event({ name: 'member.updated', body });
    expect(state.synced(old).filter(({ kind }) => kind === 'members')).toEqual([]);
    expect([...state.members.values()]).toEqual([newer]);
  });

  test('has no member any more who left before the cursor of a sync that tells all of them', () => {
    const server = new ModelServer();
    server.guestMoves();
    const state = begun(server);
    expect([...state.members.keys()].sort()).toEqual(['guest', 'me']);
    server.guestMoves();
    state.synced(server.sync(0));
    expect([...state.members.keys()]).toEqual(['me']);
  });

  test('has no member any more who left while there were too many to tell', () => {
    const server = new ModelServer();
    server.guestMoves();
    const state = begun(server);
    server.guestMoves();
    state.synced({ ...server.sync(state.version), members: [], membersPaged: true });
    expect(state.members.has('guest')).toBe(true);
    const others = { ...membership(null), userId: 'other' };
    state.synced({ ...server.sync(state.version), members: [membership(null), others] });
    expect([...state.members.keys()]).toEqual(['me', 'other']);
  });

  test('does not know all members after a sync that told none since there were too many', () => {
    const server = new ModelServer();
    const state = begun(server);
    expect(state.allMembers).toHaveLength(1);
    state.synced({ ...server.sync(1), membersPaged: true });
    expect(state.allMembers).toBeNull();
    state.synced(server.sync(1));
    expect(state.allMembers).toBeNull();
    state.synced(server.sync(0));
    expect(state.allMembers).toHaveLength(1);
  });

  test('is large from its 101st member on, whoever said so', () => {
    const state = begun(new ModelServer());
    const joined = (version: number): ConversationEvent => {
      const members = [{ ...membership(null, version), userId: `member ${version}` }];
      return { name: 'member.joined', body: { conversationId: 'conversation', version, members } };
    };
    for (let version = 2; version <= 100; version += 1) state.event(joined(version));
    expect(state.allMembers).toHaveLength(100);
    state.event(joined(101));
    expect(state.allMembers).toBeNull();
  });

  test('takes the members of an answer that is as new as what it holds', () => {
    const server = new ModelServer();
    const state = begun(server);
    const members = [membership(null)];
    expect(state.synced({ ...server.sync(1), members })).toContainEqual({ kind: 'members', members });
    expect([...state.members.values()]).toEqual(members);
  });

  test('takes a newer row from an event that comes again', () => {
    const server = new ModelServer();
    const state = begun(server);
    server.create();
    const created = last(server);
    state.event(created);
    server.edit(0);
    expect(state.event(server.replayed(created))).toMatchObject([{ kind: 'message', how: 'changed' }]);
  });

  test('forgets what lies below the floor of a limited answer', () => {
    const server = new ModelServer();
    const state = begun(server);
    server.create();
    state.event(last(server));
    for (let count = 0; count < 9; count += 1) server.create();
    expect(state.synced(server.sync(state.version))).toContainEqual({ kind: 'forgotten', floorSeq: 6 });
    expect([...state.messages.keys()]).toEqual([6, 7, 8, 9, 10]);
  });

  test('counts a version whose message is hidden', () => {
    const server = new ModelServer();
    const state = begun(server);
    const body = { conversationId: 'conversation', version: 2, message: null };
    expect(state.event({ name: 'message.created', body })).toEqual([]);
    expect(state).toMatchObject({ version: 2, incomplete: false });
  });

  test('knows nothing before the first sync, and asks for one', () => {
    const server = new ModelServer();
    server.create();
    const state = new ConversationState('conversation', 'me');
    expect(state.event(last(server))).toEqual([]);
    expect(state.incomplete).toBe(true);
    state.synced(server.sync(0));
    expect(texts(state)).toEqual(['text 1']);
  });

  test('lets go of everything when its person left, even behind a hole', () => {
    const server = new ModelServer();
    const state = begun(server);
    server.create();
    state.event(last(server));
    expect(state.event(leaving(9))).toEqual([{ kind: 'left', leftVersion: 9 }]);
    expect(state.event(leaving(9))).toEqual([]);
    expect(state).toMatchObject({ leftVersion: 9, incomplete: false });
    expect(texts(state)).toEqual([]);
  });

  test('begins anew when its person comes back, whatever old answers still arrive', () => {
    const server = new ModelServer();
    const state = begun(server);
    const old: SyncedConversation = server.sync(0);
    state.event(leaving(2));
    expect(state.synced(old)).toEqual([]);
    const members = [membership(null, 3)];
    state.event({ name: 'member.joined', body: { conversationId: 'conversation', version: 3, members } });
    expect(state).toMatchObject({ leftVersion: null, incomplete: true });
  });

  test('is not put out by an old answer that says that its person left', () => {
    const server = new ModelServer();
    const state = begun(server);
    state.event(leaving(2));
    const members = [membership(null, 3)];
    state.event({ name: 'member.joined', body: { conversationId: 'conversation', version: 3, members } });
    const old = { messages: [], members: [], toVersion: 2, left: true as const, leftVersion: 2 };
    expect(state.synced(old)).toEqual([]);
    expect(state).toMatchObject({ leftVersion: null, incomplete: true });
  });

  test('holds older pages that join what it has', () => {
    const server = new ModelServer();
    for (let count = 0; count < 9; count += 1) server.create();
    const state = begun(server);
    state.hold(server.messages.slice(0, 2));
    expect(state.floorSeq).toBe(5);
    state.hold(server.messages.slice(1, 4));
    expect([...state.messages.keys()].sort()).toEqual([2, 3, 4, 5, 6, 7, 8, 9]);
  });
});

describe('unread messages below what a device holds', () => {
  /** A device that holds the newest five. */
  const newest = (messages: number, readSeq = 0) => {
    const server = new ModelServer();
    for (let count = 0; count < messages; count += 1) server.create();
    server.read(readSeq);
    const mark = { readSeq };
    const state = new ConversationState('conversation', 'me', () => mark.readSeq);
    state.synced(server.sync(0));
    return { server, state, mark };
  };

  test('count as the server counted them, and those that come are added', () => {
    const { server, state } = newest(20, 3);
    expect(state.floorSeq).toBe(16);
    expect(state.unreadCount).toBe(17);
    server.create();
    state.event(last(server));
    expect(state.unreadCount).toBe(18);
  });

  test('do not count when they are deleted, however often that is told', () => {
    const { server, state } = newest(20);
    server.delete(4);
    state.event(last(server));
    state.event(last(server));
    state.synced(server.sync(21));
    expect(state.unreadCount).toBe(19);
  });

  test('do not count when they were deleted after they were counted, and before that was told', () => {
    const { server, state } = newest(20);
    const old = server.sync(0);
    server.delete(4);
    state.event(last(server));
    state.synced(old);
    expect(state.unreadCount).toBe(19);
  });

  test('are 100 where there are more', () => {
    const { server, state } = newest(150);
    server.delete(4);
    state.event(last(server));
    expect(state.unreadCount).toBe(100);
    state.hold(server.page(state.floorSeq));
    expect(state.unreadCount).toBe(100);
  });

  test('count once when a page of them is held', () => {
    const { server, state } = newest(20, 12);
    state.hold(server.page(state.floorSeq));
    expect(state.floorSeq).toBe(11);
    expect(state.unreadCount).toBe(8);
  });

  test('do not count when they are read, here or elsewhere', () => {
    const { state, mark } = newest(20);
    mark.readSeq = 18;
    expect(state).toMatchObject({ unreadCount: 2, uncounted: false });
  });

  test('are asked for again when one’s mark moved among them', () => {
    const { server, state, mark } = newest(20);
    for (const seq of [3, 8]) {
      server.delete(seq);
      state.event(last(server));
    }
    mark.readSeq = 6;
    expect(state).toMatchObject({ incomplete: true, uncounted: true });
    server.read(6);
    state.synced(server.sync(0));
    expect(state).toMatchObject({ incomplete: false, unreadCount: server.unreadCount });
    expect(state.unreadCount).toBe(13);
  });

  test('are not asked for without end where the server takes no notice of the mark', () => {
    const { server, state, mark } = newest(20);
    mark.readSeq = 6;
    let asked = 0;
    for (; state.incomplete && asked < 100; asked += 1) state.synced(server.sync(0));
    expect(asked).toBe(5);
    mark.readSeq = 7;
    expect(state.incomplete).toBe(true);
  });
});

describe('a device that lives for long', () => {
  const living = (kept: number) => {
    const server = new ModelServer();
    const state = new ConversationState('conversation', 'me', () => 0, kept);
    state.synced(server.sync(0));
    const write = (messages: number) => {
      const changes: Change[] = [];
      for (let count = 0; count < messages; count += 1) {
        server.create();
        changes.push(...state.event(last(server)));
      }
      return changes;
    };
    return { server, state, write };
  };

  test('holds a bounded number of messages, and says which it let go', () => {
    const { server, state, write } = living(10);
    expect(write(19).filter(({ kind }) => kind === 'forgotten')).toEqual([]);
    expect(write(1)).toContainEqual({ kind: 'forgotten', floorSeq: 11 });
    write(500);
    expect(state.messages.size).toBeLessThan(20);
    expect(state.unreadCount).toBe(100);
    expect([...state.messages.keys()].at(-1)).toBe(server.messages.length);
    expect(state.incomplete).toBe(false);
  });

  test('pages again what it let go, and keeps it while few come', () => {
    const { server, state, write } = living(10);
    write(20);
    state.hold(server.page(state.floorSeq));
    state.hold(server.page(state.floorSeq));
    expect(state.floorSeq).toBe(1);
    write(9);
    expect(state).toMatchObject({ floorSeq: 1, unreadCount: 29 });
    write(1);
    expect(state).toMatchObject({ floorSeq: 21, unreadCount: 30 });
  });

  test('asks for pages anew that were on their way when it let go', () => {
    const { server, state, write } = living(10);
    write(20);
    const { era } = state;
    const page = server.page(state.floorSeq);
    write(10);
    state.hold(page, era);
    expect(state.floorSeq).toBe(21);
  });
});
