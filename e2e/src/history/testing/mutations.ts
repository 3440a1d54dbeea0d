import {
  type Entry,
  type FinalRead,
  type History,
  type MarkPair,
  type Row,
  type StoredMessage,
} from '../entries.js';

/** Breaks one promise somewhere in a correct history; undefined where the history has no place for it. */
export type Mutation = (history: History, pick: number) => History | undefined;

interface Standing {
  readonly marks: MarkPair;
  readonly unreadCount: number;
}

const at = <T>(items: readonly T[], pick: number): T | undefined =>
  items.length === 0 ? undefined : items[pick % items.length];

const of = <K extends Entry['kind']>(history: History, kind: K) =>
  history.entries.filter((entry): entry is Extract<Entry, { kind: K }> => entry.kind === kind);

const without = <T>(items: readonly T[], item: T): T[] => items.filter((other) => other !== item);
const replacing = <T>(items: readonly T[], item: T, other: T): T[] =>
  items.map((each) => (each === item ? other : each));

const withMessages = (history: History, messages: readonly StoredMessage[]): History => ({
  ...history,
  dump: { ...history.dump, messages },
});

const withEntries = (history: History, entries: readonly Entry[]): History => ({ ...history, entries });

const lastRow = (history: History): StoredMessage | undefined =>
  [...history.dump.messages].sort((left, right) => right.seq - left.seq)[0];

/** Rewrites the rows that one device read. */
const withRead = (history: History, pick: number, change: (rows: Row[]) => Row[] | undefined) => {
  const read = at(
    history.reads.filter((each) => each.conversations.some(({ messages }) => messages.length > 0)),
    pick,
  );
  const conversation = read?.conversations[0];
  const messages = conversation && change([...conversation.messages]);
  if (!read || !messages) return undefined;
  const changed: FinalRead = { ...read, conversations: [{ ...conversation, messages }] };
  return { ...history, reads: replacing(history.reads, read, changed) };
};

/** Rewrites what one device says of the marks of its person. */
const withStanding = (
  history: History,
  pick: number,
  kind: FinalRead['kind'],
  change: (held: Standing) => Standing | undefined,
): History | undefined => {
  const readers = history.reads.filter((read) => read.kind === kind && read.conversations[0]?.marks);
  const read = at(readers, pick);
  const [held] = read?.conversations ?? [];
  const { marks, unreadCount = 0 } = held ?? {};
  const changed = marks && change({ marks, unreadCount });
  if (!read || !held || !changed) return undefined;
  const conversations = [{ ...held, ...changed }];
  return { ...history, reads: replacing(history.reads, read, { ...read, conversations }) };
};

/** One more row at the end of the database and of everything that anybody reads. */
const withGhost = (
  history: History,
  ghost: Omit<Row, 'seq' | 'version' | 'createdVersion'>,
): History | undefined => {
  const conversation = history.dump.conversations[0];
  if (!conversation) return undefined;
  const seq = conversation.lastSeq + 1;
  const version = conversation.version + 1;
  const row: Row = { ...ghost, seq, version, createdVersion: version };
  return {
    ...history,
    reads: history.reads.map((read) => ({
      ...read,
      conversations: read.conversations.map((each) => ({ ...each, messages: [...each.messages, row] })),
    })),
    dump: {
      ...history.dump,
      conversations: [{ ...conversation, lastSeq: seq, version }],
      messages: [...history.dump.messages, { ...row, conversationId: conversation.id }],
    },
  };
};

/** Gives two messages each other's place in everything that was ever seen: only time betrays it. */
const swapped = (history: History, first: Row, second: Row): History => {
  const places = new Map([
    [first.id, second],
    [second.id, first],
  ]);
  const move = <R extends Row>(row: R): R => {
    const place = places.get(row.id);
    const { seq = row.seq, version = row.version, createdVersion = row.createdVersion } = place ?? {};
    return { ...row, seq, version, createdVersion };
  };
  const entries = history.entries.map((entry): Entry => {
    if (entry.kind === 'ok') {
      const place = places.get(entry.id);
      return place ? { ...entry, seq: place.seq, version: place.version } : entry;
    }
    if (entry.kind === 'shown') return { ...entry, message: move(entry.message) };
    if (entry.kind !== 'delivery' || !entry.message) return entry;
    const message = move(entry.message);
    return { ...entry, message, version: message.version };
  });
  const reads = history.reads.map((read) => ({
    ...read,
    conversations: read.conversations.map((each) => ({
      ...each,
      messages: each.messages.map(move).sort((left, right) => left.seq - right.seq),
    })),
  }));
  return { entries, reads, dump: { ...history.dump, messages: history.dump.messages.map(move) } };
};

export const mutations: Record<string, Mutation> = {
  'a row lost by the database': (history, pick) => {
    const row = at(history.dump.messages, pick);
    return row && withMessages(history, without(history.dump.messages, row));
  },
  'a row stored twice': (history, pick) => {
    const row = at(history.dump.messages, pick);
    return row && withGhost(history, row);
  },
  'two rows swapped in the database': (history, pick) => {
    const first = at(history.dump.messages, pick);
    const second = at(history.dump.messages, pick + 1);
    if (!first || !second || first === second) return undefined;
    const messages = history.dump.messages.map((row) => {
      if (row === first) return { ...row, seq: second.seq };
      return row === second ? { ...row, seq: first.seq } : row;
    });
    return withMessages(history, messages);
  },
  'an order against real time, agreed by all': (history, pick) => {
    const invokes = new Map(of(history, 'invoke').map((entry) => [entry.id, entry]));
    const pairs = of(history, 'ok').flatMap((ok) =>
      history.dump.messages
        .filter((row) => ok.at < (invokes.get(row.id)?.at ?? 0) && row.id !== ok.id)
        .map((later) => ({ earlier: history.dump.messages.find((row) => row.id === ok.id), later })),
    );
    const unedited = pairs.filter(({ earlier, later }) =>
      [earlier, later].every((row) => row?.version === row?.createdVersion),
    );
    const pair = at(unedited, pick);
    return pair?.earlier && swapped(history, pair.earlier, pair.later);
  },
  'a ghost that nobody sent': (history) =>
    withGhost(history, { id: 'ghost', senderId: 'user-0', text: 'boo' }),
  'a final failure that appears': (history, pick) => {
    const unanswered = new Set(of(history, 'fail').map(({ outcome, id }) => (outcome === 'none' ? id : '')));
    const refused = at(
      of(history, 'invoke').filter(({ id }) => unanswered.has(id)),
      pick,
    );
    return refused && withGhost(history, { id: refused.id, senderId: refused.user, text: refused.text });
  },
  'a hole in what a device holds': (history, pick) =>
    withRead(history, pick, (rows) => rows.filter((_, index) => index !== pick % rows.length)),
  'a row twice on a device': (history, pick) =>
    withRead(history, pick, (rows) => [
      ...rows.slice(0, (pick % rows.length) + 1),
      ...rows.slice(pick % rows.length),
    ]),
  'another text on one device': (history, pick) =>
    withRead(history, pick, (rows) =>
      rows.map((row, index) => (index === pick % rows.length ? { ...row, text: 'other' } : row)),
    ),
  'another reaction on one device': (history, pick) =>
    withRead(history, pick, (rows) =>
      rows.map((row, index) => (index === pick % rows.length ? { ...row, details: 'other' } : row)),
    ),
  'an old version on one device': (history, pick) =>
    withRead(history, pick, (rows) =>
      rows.map((row, index) => (index === pick % rows.length ? { ...row, version: row.version - 1 } : row)),
    ),
  'an ack with another seq': (history, pick) => {
    const ok = at(of(history, 'ok'), pick);
    return ok && withEntries(history, replacing<Entry>(history.entries, ok, { ...ok, seq: ok.seq + 1 }));
  },
  'an ack of something never stored': (history, pick) => {
    const stored = new Set(history.dump.messages.map(({ id }) => id));
    const lost = at(
      of(history, 'fail').filter(({ id, outcome }) => outcome === 'unknown' && !stored.has(id)),
      pick,
    );
    if (!lost) return undefined;
    const { at: when, user, device, session, operation, conversationId, id, commandId } = lost;
    const ok = { at: when, user, device, session, operation, conversationId, id, commandId };
    return withEntries(history, [...history.entries, { ...ok, kind: 'ok', seq: 1, version: 2 }]);
  },
  'another text in a delivery': (history, pick) => {
    const delivery = at(of(history, 'delivery'), pick);
    if (!delivery?.message) return undefined;
    const changed = { ...delivery, message: { ...delivery.message, text: 'other' } };
    return withEntries(history, replacing<Entry>(history.entries, delivery, changed));
  },
  'a delivery after leaving': (history, pick) => {
    const left = at(of(history, 'left'), pick);
    const row = lastRow(history);
    if (!left || !row || row.version <= left.leftVersion) return undefined;
    const { conversationId, version } = row;
    const { at: when, user, device, session } = left;
    const event = 'message.created';
    const delivery = { at: when + 1e6, user, device, session, event, conversationId, version, message: row };
    return withEntries(history, [...history.entries, { ...delivery, kind: 'delivery' }]);
  },
  'a message shown as new twice': (history, pick) => {
    const shown = at(
      of(history, 'shown').filter(({ how }) => how === 'new'),
      pick,
    );
    const leavers = new Set(of(history, 'left').map(({ user }) => user));
    if (!shown || leavers.has(shown.user)) return undefined;
    return withEntries(history, [...history.entries, { ...shown, at: 1e9 }]);
  },
  'a message never shown': (history, pick) => {
    const leavers = new Set(of(history, 'left').map(({ user }) => user));
    const shown = at(
      of(history, 'shown').filter(({ user }) => !leavers.has(user)),
      pick,
    );
    if (!shown) return undefined;
    const { user, device, message } = shown;
    const same = (entry: Entry) =>
      entry.kind === 'shown' &&
      entry.user === user &&
      entry.device === device &&
      entry.message.id === message.id;
    return withEntries(
      history,
      history.entries.filter((entry) => !same(entry)),
    );
  },
  'a mark that goes back': (history, pick) => {
    const ready = at(history.entries, pick);
    if (!ready) return undefined;
    const { user, device, session } = ready;
    const mark = {
      user,
      device,
      session,
      kind: 'mark' as const,
      conversationId: 'conversation',
      subject: 'user-1',
    };
    return withEntries(history, [
      ...history.entries,
      { ...mark, at: 1e9, deliveredSeq: 3, readSeq: 2 },
      { ...mark, at: 1e9 + 1, deliveredSeq: 3, readSeq: 1 },
    ]);
  },
  'a mark told and taken back': (history, pick) => {
    const ready = at(history.entries, pick);
    const subject = history.dump.memberships.find(({ leftVersion }) => leftVersion === null)?.userId;
    if (!ready || subject === undefined) return undefined;
    const { user, device, session } = ready;
    const mark = { kind: 'mark' as const, conversationId: 'conversation', subject };
    const beyond = { deliveredSeq: 1e6, readSeq: 1e6 };
    const entry = { at: 1e9, user, device, session, ...mark, ...beyond };
    return withEntries(history, [...history.entries, entry]);
  },
  'a mark that the second device does not know': (history, pick) =>
    withStanding(history, pick, 'live', ({ marks, unreadCount }) =>
      marks.readSeq === 0 ? undefined : { marks: { ...marks, readSeq: marks.readSeq - 1 }, unreadCount },
    ),
  'a read mark lost by the database': (history, pick) => {
    const leavers = new Set(of(history, 'left').map(({ user }) => user));
    const lastOwn = (user: string) =>
      history.dump.messages.findLast(({ senderId }) => senderId === user)?.seq;
    const read = at(
      of(history, 'read').filter(({ user, readSeq }) => !leavers.has(user) && readSeq > (lastOwn(user) ?? 0)),
      pick,
    );
    if (!read) return undefined;
    const marks = history.dump.marks?.filter(({ userId }) => userId !== read.user) ?? [];
    return { ...history, dump: { ...history.dump, marks } };
  },
  'a wrong unread count in the list': (history, pick) =>
    withStanding(history, pick, 'fresh', ({ marks, unreadCount }) => ({
      marks,
      unreadCount: unreadCount + 1,
    })),
  'a wrong unread count on a device': (history, pick) =>
    withStanding(history, pick, 'live', ({ marks, unreadCount }) => ({
      marks,
      unreadCount: Math.abs(unreadCount - 1),
    })),
  'a message shown to who left': (history, pick) => {
    const left = at(of(history, 'left'), pick);
    const row = lastRow(history);
    if (!left || !row || row.version <= left.leftVersion) return undefined;
    const { user, device, session, conversationId } = left;
    const shown = { at: 1e9, user, device, session, kind: 'shown' as const, how: 'new' as const };
    return withEntries(history, [...history.entries, { ...shown, conversationId, message: row }]);
  },
};
