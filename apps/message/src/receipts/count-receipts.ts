import { limits, type ReceiptCount } from '@parley/contracts';
import { type Pool } from 'pg';

/** How far the receipts of the newest messages have come, and who wrote these. */
export interface ReceiptSummary {
  /** Ascending by seq. */
  readonly counts: readonly ReceiptCount[];
  /** Who wrote one of them and is a member still. */
  readonly senderIds: readonly string[];
}

interface NewestMessage {
  seq: number;
  senderId: string;
  isMember: boolean;
}

const newest = {
  name: 'newest-messages',
  text: `
    SELECT x.seq, x.sender_id AS "senderId", m.user_id IS NOT NULL AS "isMember"
    FROM (
      SELECT seq, sender_id FROM messaging.messages
      WHERE conversation_id = $1 ORDER BY seq DESC LIMIT ${limits.summarizedMessages.max}
    ) x
    LEFT JOIN messaging.members m
      ON m.conversation_id = $1 AND m.user_id = x.sender_id AND m.left_version IS NULL
    ORDER BY x.seq`,
};

/** Members whose marks are the same: there are few different ones, however large the group. */
interface EqualMarks {
  deliveredSeq: number;
  readSeq: number;
  visibleFromSeq: number;
  /** The sender of one of the messages, who stands alone. */
  senderId: string | null;
  members: number;
}

const equalMarks = {
  name: 'equal-marks',
  text: `
    SELECT r.delivered_seq AS "deliveredSeq", r.read_seq AS "readSeq", m.visible_from_seq AS "visibleFromSeq",
      CASE WHEN r.user_id = ANY ($3::uuid[]) THEN r.user_id END AS "senderId", count(*) AS members
    FROM messaging.receipts r
    JOIN messaging.members m ON m.conversation_id = r.conversation_id AND m.user_id = r.user_id
    WHERE r.conversation_id = $1 AND r.delivered_seq >= $2 AND m.left_version IS NULL
    GROUP BY 1, 2, 3, 4`,
};

/** Counts the receipts of the newest messages of a conversation: two index ranges, whoever wrote how many of them. */
export async function countReceipts(pool: Pool, conversationId: string): Promise<ReceiptSummary> {
  const { rows: messages } = await pool.query<NewestMessage>({ ...newest, values: [conversationId] });
  const [oldest] = messages;
  if (oldest === undefined) return { counts: [], senderIds: [] };
  const senders = [...new Set(messages.map(({ senderId }) => senderId))];
  const { rows } = await pool.query<EqualMarks>({
    ...equalMarks,
    values: [conversationId, oldest.seq, senders],
  });
  return {
    counts: messages.map((message) => count(message, rows)),
    senderIds: senders.filter((id) => messages.some(({ senderId, isMember }) => senderId === id && isMember)),
  };
}

function count({ seq, senderId }: NewestMessage, all: readonly EqualMarks[]): ReceiptCount {
  let deliveredCount = 0;
  let readCount = 0;
  for (const marks of all) {
    if (marks.senderId === senderId || marks.visibleFromSeq > seq) continue;
    if (marks.deliveredSeq >= seq) deliveredCount += marks.members;
    if (marks.readSeq >= seq) readCount += marks.members;
  }
  return { seq, deliveredCount, readCount };
}
