import { type ErrorBody, type Member, type Message, type MessageSend } from '@parley/contracts';
import { type OutboxEntry } from '../outbox/entry.js';
import { type Marks, type Reach } from '../receipts/marks.js';

/**
 * How far one's own message has come. `pending`: this device keeps it, whatever happens, until it is sent. `delivered` and
 * `read`: to and by everybody else in the conversation. In groups of more than 100 members it goes no further than it was
 * when the group was small, and `reach` has the counts.
 */
export type MessageState = 'pending' | 'sent' | 'delivered' | 'read' | 'failed';

/** A message as a person sees it: stored, or on its way from here. */
export interface ShownMessage extends Omit<Message, 'seq' | 'version' | 'createdVersion'> {
  /** Null until it is stored. */
  readonly seq: number | null;
  /** Null for messages of others. */
  readonly state: MessageState | null;
  /** Only of one's own stored messages. */
  readonly reach: Reach | null;
  /** Why it failed. */
  readonly error: ErrorBody | null;
}

export const stateOf = ({ audience, deliveredCount, readCount }: Reach): MessageState => {
  if (audience === null || audience === 0) return 'sent';
  if (readCount >= audience) return 'read';
  return deliveredCount >= audience ? 'delivered' : 'sent';
};

/** What has been shown as one of these is not shown as less, for instance when the group has grown too large to know. */
export type Reached = 'delivered' | 'read';

export const isReached = (state: MessageState | null): state is Reached =>
  state === 'delivered' || state === 'read';

/** @param before what it was shown as */
export const shownRow = (
  row: Message,
  userId: string,
  marks: Marks,
  members: readonly Member[] | null,
  before?: Reached,
): ShownMessage => {
  const reach = row.senderId === userId ? marks.reach(row, members) : null;
  const now = reach && stateOf(reach);
  const state = now === 'read' ? now : (before ?? now);
  return { ...row, state, reach, error: null };
};

/** @param since when this device first showed it: only to be looked at, by a clock that may be wrong */
export const shownEntry = ({ body, failure }: OutboxEntry, userId: string, since: string): ShownMessage => {
  const { id, conversationId, text, replyTo, mentions } = body as MessageSend;
  return {
    id,
    conversationId,
    seq: null,
    senderId: userId,
    text,
    attachments: [],
    replyTo: replyTo ?? null,
    mentions: mentions ?? [],
    reactions: [],
    createdAt: since,
    editedAt: null,
    deletedAt: null,
    state: failure ? 'failed' : 'pending',
    reach: null,
    error: failure?.error ?? null,
  };
};
