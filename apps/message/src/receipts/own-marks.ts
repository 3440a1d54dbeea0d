import { limits } from '@parley/contracts';

/**
 * Adds to rows `p` (columns id, "visibleFromSeq") how far their reader $1 has come: `o` with "unreadCount",
 * "deliveredSeq", "readSeq".
 *
 * Counts back from the newest message to the first that is read or one's own, at most 100 rows: who wrote something had
 * read what stood before, also where the stored mark does not say so yet.
 */
export const joinOwnMarks = `
  LEFT JOIN messaging.receipts r ON r.conversation_id = p.id AND r.user_id = $1
  CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE NOT y."isRead") AS unread,
      COALESCE(max(y.seq) FILTER (WHERE y.sender_id = $1), 0) AS own_seq
    FROM (
      SELECT x.seq, x.sender_id, bool_or(x.sender_id = $1) OVER (ORDER BY x.seq DESC) AS "isRead"
      FROM (
        SELECT n.seq, n.sender_id FROM messaging.messages n
        WHERE n.conversation_id = p.id AND n.seq >= GREATEST(COALESCE(r.read_seq, 0) + 1, p."visibleFromSeq")
          AND (n.deleted_at IS NULL OR n.sender_id = $1)
        ORDER BY n.seq DESC LIMIT ${limits.unreadCount.max}
      ) x
    ) y
  ) u
  CROSS JOIN LATERAL (
    SELECT u.unread AS "unreadCount", GREATEST(r.read_seq, u.own_seq) AS "readSeq",
      GREATEST(r.delivered_seq, u.own_seq) AS "deliveredSeq"
  ) o`;
