import { createPool } from '@parley/database';
import { type Message, type Reaction } from '@parley/contracts';
import {
  detailsOf,
  type Dump,
  type StoredMark,
  type StoredConversation,
  type StoredMembership,
  type StoredMessage,
} from '../history/index.js';

/** Null where there is none. */
interface Details extends Pick<Message, 'replyTo'> {
  mentions: string[] | null;
  reactions: Reaction[] | null;
}

const CHUNK = 5_000;

/** A look into the database from outside of every service. */
export class TestDatabase {
  private readonly pool;

  /** @param url of a role that may read and write the schema `messaging` */
  constructor(url: string) {
    // Tests end connections from under this pool on purpose; the next query opens another.
    this.pool = createPool({ url, applicationName: 'e2e', max: 2, onIdleError: () => undefined });
  }

  /** Makes people who exist for everybody, without a registration each. */
  async addUsers(ids: readonly string[]): Promise<void> {
    for (let from = 0; from < ids.length; from += CHUNK) {
      await this.pool.query(
        `INSERT INTO messaging.users (id, username, display_name)
         SELECT id, 'u' || replace(left(id::text, 30), '-', ''), 'Tester ' || left(id::text, 8)
           FROM unnest($1::uuid[]) AS id
         ON CONFLICT DO NOTHING`,
        [ids.slice(from, from + CHUNK)],
      );
    }
  }

  /** Everything that the checker compares with, in one snapshot. */
  async dump(): Promise<Dump> {
    const client = await this.pool.connect();
    try {
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      await client.query('SET LOCAL statement_timeout = 60000');
      const conversations = await client.query<StoredConversation>(
        'SELECT id, version, last_seq AS "lastSeq" FROM messaging.conversations',
      );
      const memberships = await client.query<StoredMembership>(
        `SELECT conversation_id AS "conversationId", user_id AS "userId", joined_version AS "joinedVersion",
                left_version AS "leftVersion", visible_from_seq AS "visibleFromSeq"
           FROM messaging.members`,
      );
      const messages = await client.query<Omit<StoredMessage, 'details'> & Details>(
        `SELECT conversation_id AS "conversationId", id, seq, version, created_version AS "createdVersion",
                sender_id AS "senderId", CASE WHEN deleted_at IS NULL THEN text END AS text,
                reply_to AS "replyTo", mentions, reactions
           FROM messaging.messages ORDER BY conversation_id, seq`,
      );
      const marks = await client.query<StoredMark>(
        `SELECT conversation_id AS "conversationId", user_id AS "userId", delivered_seq AS "deliveredSeq",
                read_seq AS "readSeq"
           FROM messaging.receipts`,
      );
      await client.query('COMMIT');
      const rows = messages.rows.map(({ replyTo, mentions, reactions, ...row }) => {
        return { ...row, ...detailsOf({ replyTo, mentions: mentions ?? [], reactions: reactions ?? [] }) };
      });
      return {
        conversations: conversations.rows,
        memberships: memberships.rows,
        messages: rows,
        marks: marks.rows,
      };
    } finally {
      client.release();
    }
  }

  /** How far these members have come: as stored, and up to the last message of their own. */
  ownMarks(conversationIds: readonly string[], userIds: readonly string[]): Promise<StoredMark[]> {
    return this.query<StoredMark>(
      `SELECT m.conversation_id AS "conversationId", m.user_id AS "userId",
              GREATEST(r.delivered_seq, o.seq) AS "deliveredSeq", GREATEST(r.read_seq, o.seq) AS "readSeq"
         FROM messaging.members m
         LEFT JOIN messaging.receipts r USING (conversation_id, user_id)
         CROSS JOIN LATERAL (
           SELECT COALESCE(max(seq), 0) AS seq FROM messaging.messages
            WHERE conversation_id = m.conversation_id AND sender_id = m.user_id AND seq >= m.visible_from_seq
         ) o
        WHERE m.conversation_id = ANY ($1::uuid[]) AND m.user_id = ANY ($2::uuid[]) AND m.left_version IS NULL`,
      [conversationIds, userIds],
    );
  }

  query<R extends object>(sql: string, values: unknown[] = []): Promise<R[]> {
    return this.pool.query<R>(sql, values).then(({ rows }) => rows);
  }

  end(): Promise<void> {
    return this.pool.end();
  }
}
