import { type ClientBase } from 'pg';
import { type ReceivedSend } from '../inbound/received-command.js';
import { plainArray } from './array-literal.js';

/** The seqs of the messages that some sends reply to, by send; absent where the conversation has no such message. */
export type ReplyTargets = ReadonlyMap<ReceivedSend, number>;

/**
 * A message keeps its place for ever, deleted or not: what is found holds. That something is not there holds only for
 * the version that the decision is made from, so it is looked for after that version was read.
 */
export async function findReplyTargets(
  database: ClientBase,
  replies: readonly ReceivedSend[],
): Promise<ReplyTargets> {
  const { rows } = await database.query<{ place: number; seq: number }>({
    name: 'find-reply-targets',
    text: `
      SELECT w.place - 1 AS place, found.seq
      FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS w (conversation_id, id, place) CROSS JOIN LATERAL (
        SELECT m.seq FROM messaging.messages m
        WHERE m.conversation_id = w.conversation_id AND m.id = w.id LIMIT 1) AS found`,
    values: [
      plainArray(replies.map(({ command }) => command.conversationId)),
      plainArray(replies.map(({ command }) => command.body.replyTo ?? 'NULL')),
    ],
  });
  const targets = new Map<ReceivedSend, number>();
  for (const { place, seq } of rows) {
    const reply = replies[place];
    if (reply !== undefined) targets.set(reply, seq);
  }
  return targets;
}
