import { type ClientBase, type Pool } from 'pg';
import { plainArray } from '../messages/array-literal.js';
import { keyOf, type Mark } from './marks.js';

/** A mark that rose, as it stands now. */
export interface MovedMark extends Mark {
  /** The read mark is among what rose. */
  readonly hasReadOn: boolean;
  /** Goes up when members of the conversation change: an audience known at this version still holds. */
  readonly membersVersion: number;
  /** Of two people one blocks the other. */
  readonly isBlocked: boolean;
}

// Marks of who is no member, or of messages that a member may not see, are none; what is beyond the last message means
// the last one. Rows that would not move are left out before the insert, which would lock and rewrite them: most of
// what is read again moves nothing. Rows are locked in one order, so that two processes do not wait for each other.
// Each LIMIT keeps its lookup one by the index: the plan is made once, perhaps while the tables are small, and a join
// might then read the whole of one for ever.
const text = `
  WITH wished AS MATERIALIZED (
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::int8[], $4::int8[])
      AS w (conversation_id, user_id, delivered_seq, read_seq)
  ), clamped AS MATERIALIZED (
    SELECT w.conversation_id, w.user_id, m.visible_from_seq,
      LEAST(GREATEST(w.delivered_seq, w.read_seq), c.last_seq) AS delivered_seq,
      CASE WHEN LEAST(w.read_seq, c.last_seq) >= m.visible_from_seq
        THEN LEAST(w.read_seq, c.last_seq) ELSE 0 END AS read_seq
    FROM wished w
    CROSS JOIN LATERAL (
      SELECT visible_from_seq FROM messaging.members
      WHERE conversation_id = w.conversation_id AND user_id = w.user_id AND left_version IS NULL LIMIT 1
    ) m
    CROSS JOIN LATERAL (SELECT last_seq FROM messaging.conversations WHERE id = w.conversation_id LIMIT 1) c
  ), moved AS (
    INSERT INTO messaging.receipts AS r (conversation_id, user_id, delivered_seq, read_seq, read_at)
    SELECT k.conversation_id, k.user_id, k.delivered_seq, k.read_seq, CASE WHEN k.read_seq > 0 THEN now() END
    FROM clamped k
    LEFT JOIN LATERAL (
      SELECT user_id, delivered_seq, read_seq FROM messaging.receipts
      WHERE conversation_id = k.conversation_id AND user_id = k.user_id LIMIT 1
    ) b ON true
    WHERE k.delivered_seq > 0 AND k.delivered_seq >= k.visible_from_seq
      AND (b.user_id IS NULL OR k.delivered_seq > b.delivered_seq OR k.read_seq > b.read_seq)
    ORDER BY k.conversation_id, k.user_id
    ON CONFLICT (conversation_id, user_id) DO UPDATE
      SET delivered_seq = GREATEST(r.delivered_seq, excluded.delivered_seq),
        read_seq = GREATEST(r.read_seq, excluded.read_seq),
        read_at = CASE WHEN excluded.read_seq > r.read_seq THEN excluded.read_at ELSE r.read_at END
      WHERE excluded.delivered_seq > r.delivered_seq OR excluded.read_seq > r.read_seq
    RETURNING r.conversation_id, r.user_id, new.delivered_seq, new.read_seq,
      new.read_seq > COALESCE(old.read_seq, 0) AS has_read_on
  ), places AS MATERIALIZED (
    SELECT d.conversation_id, v.version, b.conversation_id IS NOT NULL AS is_blocked
    FROM (SELECT DISTINCT conversation_id FROM moved) d
    CROSS JOIN LATERAL (
      SELECT m.version FROM messaging.members m
      WHERE m.conversation_id = d.conversation_id ORDER BY m.version DESC LIMIT 1
    ) v
    LEFT JOIN LATERAL (
      SELECT b.conversation_id FROM messaging.blocks b WHERE b.conversation_id = d.conversation_id LIMIT 1
    ) b ON true
  )
  SELECT conversation_id AS "conversationId", user_id AS "userId", delivered_seq AS "deliveredSeq",
    read_seq AS "readSeq", has_read_on AS "hasReadOn", version AS "membersVersion", is_blocked AS "isBlocked"
  FROM moved JOIN places USING (conversation_id)`;

/**
 * Raises marks, all in one statement, and never lowers one.
 * @param marks at most one of each person and conversation
 * @returns those that moved
 */
export async function advanceReceipts(
  database: Pool | ClientBase,
  marks: readonly Mark[],
): Promise<MovedMark[]> {
  const { rows } = await database.query<Omit<MovedMark, 'isImplied'>>({
    name: 'advance-receipts',
    text,
    values: [
      plainArray(marks.map(({ conversationId }) => conversationId)),
      plainArray(marks.map(({ userId }) => userId)),
      plainArray(marks.map(({ deliveredSeq }) => deliveredSeq)),
      plainArray(marks.map(({ readSeq }) => readSeq)),
    ],
  });
  const implied = new Set(marks.filter(({ isImplied }) => isImplied).map(keyOf));
  return rows.map((row) => ({ ...row, isImplied: implied.has(keyOf(row)) }));
}
