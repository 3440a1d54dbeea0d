import {
  type Attempt,
  type Entry,
  type Failed,
  type History,
  type Invoked,
  type Operation,
  type Row,
  type MarkPair,
  type StoredConversation,
  type StoredMembership,
  type StoredMessage,
  type Succeeded,
} from './entries.js';

/** All attempts of one change by one user. */
export interface Change {
  readonly operation: Operation;
  readonly conversationId: string;
  readonly id: string;
  readonly user: string;
  readonly device: string;
  readonly text: string | null;
  readonly firstInvoke: Invoked;
  /** Attempts without an answer so far. */
  open: number;
  ok: Succeeded | undefined;
  /** Every later answer that says something else than the first. */
  readonly otherOks: Succeeded[];
  unknown: boolean;
  storedRefusal: Failed | undefined;
  lastRefusal: Failed | undefined;
}

export interface ConversationIndex {
  readonly id: string;
  readonly stored: StoredConversation | undefined;
  /** As dumped, doubles included. */
  readonly rows: StoredMessage[];
  readonly rowById: Map<string, StoredMessage>;
  readonly rowBySeq: Map<number, StoredMessage>;
  readonly memberships: Map<string, StoredMembership[]>;
  /** The stored marks by user. */
  readonly marks: Map<string, MarkPair>;
  /** Sends by message id; more than one where several users used the same id. */
  readonly sends: Map<string, Change[]>;
  /** Edits and deletions by message id. */
  readonly revisions: Map<string, Change[]>;
  /** When each message was first known to be committed: an ack or a delivery, whichever came first. */
  readonly committedAt: Map<string, Entry>;
}

export interface IndexedHistory {
  readonly history: History;
  readonly conversations: Map<string, ConversationIndex>;
  /** Answers to attempts that nobody made. */
  readonly strayAnswers: (Succeeded | Failed)[];
  conversation(id: string): ConversationIndex;
}

/** True when the client had to tell its person that the change did not happen. */
export const failedForGood = (change: Change): boolean =>
  change.ok === undefined &&
  (change.storedRefusal !== undefined ||
    (change.lastRefusal !== undefined && !change.unknown && change.open === 0));

/** A reaction changes the row, but not what it says. */
export const changesText = ({ operation }: Change): boolean => operation !== 'react';

const emptyIndex = (id: string, stored?: StoredConversation): ConversationIndex => ({
  id,
  stored,
  rows: [],
  rowById: new Map(),
  rowBySeq: new Map(),
  memberships: new Map(),
  marks: new Map(),
  sends: new Map(),
  revisions: new Map(),
  committedAt: new Map(),
});

/** Appends to the list under a key. */
export const addTo = <K, V>(lists: Map<K, V[]>, key: K, value: V): void => {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
};

class Indexer implements IndexedHistory {
  readonly conversations = new Map<string, ConversationIndex>();
  readonly strayAnswers: (Succeeded | Failed)[] = [];

  constructor(readonly history: History) {
    for (const row of history.dump.conversations) this.conversations.set(row.id, emptyIndex(row.id, row));
    for (const row of history.dump.memberships) {
      addTo(this.conversation(row.conversationId).memberships, row.userId, row);
    }
    for (const { conversationId, userId, deliveredSeq, readSeq } of history.dump.marks ?? []) {
      this.conversation(conversationId).marks.set(userId, { deliveredSeq, readSeq });
    }
    for (const row of history.dump.messages) {
      const index = this.conversation(row.conversationId);
      index.rows.push(row);
      if (!index.rowById.has(row.id)) index.rowById.set(row.id, row);
      if (!index.rowBySeq.has(row.seq)) index.rowBySeq.set(row.seq, row);
    }
    for (const entry of history.entries) this.take(entry);
  }

  conversation(id: string): ConversationIndex {
    const known = this.conversations.get(id);
    if (known) return known;
    const index = emptyIndex(id);
    this.conversations.set(id, index);
    return index;
  }

  private take(entry: Entry): void {
    switch (entry.kind) {
      case 'invoke':
        return this.invoked(entry);
      case 'ok':
        if (entry.operation === 'send') this.committed(entry.conversationId, entry.id, entry);
        return this.succeeded(entry);
      case 'fail':
        return this.failed(entry);
      case 'delivery':
        if (entry.message) this.committed(entry.conversationId, entry.message.id, entry);
        return;
      case 'shown':
        return this.committed(entry.conversationId, entry.message.id, entry);
      case 'sync':
      case 'ready':
      case 'left':
      case 'membership-ended':
      case 'mark':
      case 'read':
        return;
    }
  }

  private committed(conversationId: string, id: string, entry: Entry): void {
    const { committedAt } = this.conversation(conversationId);
    const known = committedAt.get(id);
    if (!known || entry.at < known.at) committedAt.set(id, entry);
  }

  private changes(attempt: Attempt): Map<string, Change[]> {
    const index = this.conversation(attempt.conversationId);
    return attempt.operation === 'send' ? index.sends : index.revisions;
  }

  private find(entry: Invoked | Succeeded | Failed): Change | undefined {
    return this.changes(entry)
      .get(entry.id)
      ?.find((change) => change.user === entry.user && change.firstInvoke.commandId === entry.commandId);
  }

  private invoked(entry: Invoked): void {
    const known = this.find(entry);
    if (known) {
      known.open += 1;
      return;
    }
    addTo(this.changes(entry), entry.id, {
      operation: entry.operation,
      conversationId: entry.conversationId,
      id: entry.id,
      user: entry.user,
      device: entry.device,
      text: entry.text,
      firstInvoke: entry,
      open: 1,
      ok: undefined,
      otherOks: [],
      unknown: false,
      storedRefusal: undefined,
      lastRefusal: undefined,
    });
  }

  private succeeded(entry: Succeeded): void {
    const change = this.find(entry);
    if (!change) {
      this.strayAnswers.push(entry);
      return;
    }
    change.open -= 1;
    if (!change.ok) change.ok = entry;
    else change.otherOks.push(entry);
  }

  private failed(entry: Failed): void {
    const change = this.find(entry);
    if (!change) {
      this.strayAnswers.push(entry);
      return;
    }
    change.open -= 1;
    if (entry.outcome === 'unknown') change.unknown = true;
    else change.lastRefusal = entry;
    if (entry.outcome === 'none' && entry.stored) change.storedRefusal = entry;
  }
}

export const indexHistory = (history: History): IndexedHistory => new Indexer(history);

/** Two sightings of a message at the same version must be the same row. */
export const sameRow = (left: Row, right: Row): boolean =>
  left.id === right.id &&
  left.seq === right.seq &&
  left.version === right.version &&
  left.createdVersion === right.createdVersion &&
  left.senderId === right.senderId &&
  left.text === right.text &&
  left.details === right.details;
