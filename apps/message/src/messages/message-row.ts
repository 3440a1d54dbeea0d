import { type Message, type Reaction } from '@parley/contracts';

/** A row of `messages` as queries here select it. */
export interface MessageRow {
  id: string;
  conversationId: string;
  seq: number;
  version: number;
  createdVersion: number;
  senderId: string;
  text: string;
  replyTo: string | null;
  /** Null for none. */
  mentions: string[] | null;
  /** Null for none. */
  reactions: Reaction[] | null;
  createdAt: Date;
  editedAt: Date | null;
  deletedAt: Date | null;
}

/** Columns of a MessageRow, of the table or alias `m`. */
export const messageColumns = `m.id, m.conversation_id AS "conversationId", m.seq, m.version,
  m.created_version AS "createdVersion", m.sender_id AS "senderId", m.text, m.reply_to AS "replyTo", m.mentions, m.reactions,
  m.created_at AS "createdAt", m.edited_at AS "editedAt", m.deleted_at AS "deletedAt"`;

/** A message as every viewer sees it. */
export function toMessage(row: MessageRow): Message {
  return {
    id: row.id,
    conversationId: row.conversationId,
    seq: row.seq,
    version: row.version,
    createdVersion: row.createdVersion,
    senderId: row.senderId,
    text: row.text,
    attachments: [],
    replyTo: row.replyTo,
    mentions: row.mentions ?? [],
    reactions: row.reactions ?? [],
    createdAt: row.createdAt.toISOString(),
    editedAt: row.editedAt?.toISOString() ?? null,
    deletedAt: row.deletedAt?.toISOString() ?? null,
  };
}

/** The same as JSON. */
export function serializeMessage(row: MessageRow): string {
  return JSON.stringify(toMessage(row));
}

export interface NewMessage {
  readonly id: string;
  readonly conversationId: string;
  readonly seq: number;
  readonly version: number;
  readonly senderId: string;
  readonly text: string;
  readonly replyTo: string | undefined;
  /** Null for none. */
  readonly mentions: readonly string[] | null;
  /** ISO 8601. */
  readonly createdAt: string;
}

/**
 * The same JSON for a message that was just made, joined by hand because it is made for every message: all but the
 * text is known to need no escaping.
 */
export function serializeNewMessage(message: NewMessage): string {
  const { id, conversationId, seq, version, senderId, text, replyTo, mentions, createdAt } = message;
  return (
    `{"id":"${id}","conversationId":"${conversationId}","seq":${seq},"version":${version},` +
    `"createdVersion":${version},"senderId":"${senderId}","text":${JSON.stringify(text)},"attachments":[],` +
    `"replyTo":${replyTo === undefined ? 'null' : `"${replyTo}"`},` +
    `"mentions":${mentions === null ? '[]' : `["${mentions.join('","')}"]`},"reactions":[],"createdAt":"${createdAt}","editedAt":null,"deletedAt":null}`
  );
}
