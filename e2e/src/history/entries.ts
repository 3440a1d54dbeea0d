/** How an attempt that was refused or lost ended: it did not and will not happen, or it may yet. */
export type Outcome = 'none' | 'unknown';

/** What every entry says about itself. */
export interface Stamp {
  /** Milliseconds of one monotonic clock, shared by every client of the test. */
  readonly at: number;
  readonly user: string;
  readonly device: string;
  /** The live socket it happened on; null for REST, and before the first `session.ready`. */
  readonly session: string | null;
}

/** Which change of a conversation a client asked for. */
export type Operation = 'send' | 'edit' | 'delete' | 'react';

/** One attempt: a retry with the same id is another attempt of the same change. */
export interface Attempt {
  readonly operation: Operation;
  readonly conversationId: string;
  readonly id: string;
  /** The message id for `send`; what makes an edit or deletion idempotent. */
  readonly commandId: string;
}

export interface Invoked extends Stamp, Attempt {
  readonly kind: 'invoke';
  /** Null for a deletion or a reaction. */
  readonly text: string | null;
}

export interface Succeeded extends Stamp, Attempt {
  readonly kind: 'ok';
  readonly seq: number;
  readonly version: number;
}

export interface Failed extends Stamp, Attempt {
  readonly kind: 'fail';
  readonly code: string;
  readonly outcome: Outcome;
  /** The refusal is stored with the command id: every later attempt gets it too. */
  readonly stored: boolean;
}

/** The row of a message as some client or the database had it. */
export interface Row {
  readonly id: string;
  readonly seq: number;
  readonly version: number;
  readonly createdVersion: number;
  readonly senderId: string;
  /** Null for a tombstone. */
  readonly text: string | null;
  /** What it replies to, whom it mentions and its reactions, as `detailsOf` writes them; absent where it has none. */
  readonly details?: string;
}

/** An event as it came over the wire. It may come twice; what is shown may not. */
export interface Delivered extends Stamp {
  readonly kind: 'delivery';
  readonly event: string;
  readonly conversationId: string;
  readonly version: number;
  /** Null where the event carries none, or the member may not see it. */
  readonly message: Row | null;
}

/** A message that the client put in front of its person. */
export interface Shown extends Stamp {
  readonly kind: 'shown';
  readonly how: 'new' | 'changed';
  readonly conversationId: string;
  readonly message: Row;
}

export interface Synced extends Stamp {
  readonly kind: 'sync';
  readonly conversationId: string;
  readonly toVersion: number;
  readonly limited: boolean;
  readonly floorSeq: number;
}

export interface SessionReady extends Stamp {
  readonly kind: 'ready';
}

/** The client learned that its own user is no member any more. */
export interface Left extends Stamp {
  readonly kind: 'left';
  readonly conversationId: string;
  readonly leftVersion: number;
}

/** What this client was told of a membership that ended, its own or another's. */
export interface MembershipEnded extends Stamp {
  readonly kind: 'membership-ended';
  readonly conversationId: string;
  readonly subject: string;
  readonly joinedVersion: number;
  readonly leftVersion: number;
  readonly visibleFromSeq: number;
}

/** How far `subject` has received and read, as this client was told. */
export interface MarkMoved extends Stamp {
  readonly kind: 'mark';
  readonly conversationId: string;
  readonly subject: string;
  readonly deliveredSeq: number;
  readonly readSeq: number;
}

/** A person looked at everything up to `readSeq` on this device: from then on it is read, on all of their devices. */
export interface Read extends Stamp {
  readonly kind: 'read';
  readonly conversationId: string;
  readonly readSeq: number;
}

export type Entry =
  | Invoked
  | Succeeded
  | Failed
  | Delivered
  | Shown
  | Synced
  | SessionReady
  | Left
  | MembershipEnded
  | MarkMoved
  | Read;

/** How far somebody has received and read. */
export interface MarkPair {
  readonly deliveredSeq: number;
  readonly readSeq: number;
}

/** All that one device has of one conversation when everything is still. */
export interface ReadConversation {
  readonly conversationId: string;
  /** Messages below are not held: history not visible to this member, or given up by a limited sync. */
  readonly floorSeq: number;
  /** Ascending by seq. */
  readonly messages: readonly Row[];
  /** The person's own marks, as this device knows them; absent where nobody asked for them. */
  readonly marks?: MarkPair;
  /** Present where there are marks. */
  readonly unreadCount?: number;
}

/** What a device holds at the end: a fresh one read everything, a live one kept up. */
export interface FinalRead {
  readonly user: string;
  readonly device: string;
  readonly kind: 'fresh' | 'live';
  readonly conversations: readonly ReadConversation[];
}

export interface StoredConversation {
  readonly id: string;
  readonly version: number;
  readonly lastSeq: number;
}

/** One stretch of membership. A person who left and came back has two. */
export interface StoredMembership {
  readonly conversationId: string;
  readonly userId: string;
  readonly joinedVersion: number;
  readonly leftVersion: number | null;
  readonly visibleFromSeq: number;
}

export interface StoredMessage extends Row {
  readonly conversationId: string;
}

export interface StoredMark extends MarkPair {
  readonly conversationId: string;
  readonly userId: string;
}

/** The rows of the database at the end. */
export interface Dump {
  readonly conversations: readonly StoredConversation[];
  readonly memberships: readonly StoredMembership[];
  readonly messages: readonly StoredMessage[];
  /** Absent where marks are not looked at. */
  readonly marks?: readonly StoredMark[];
}

export interface History {
  readonly entries: readonly Entry[];
  readonly reads: readonly FinalRead[];
  readonly dump: Dump;
}
