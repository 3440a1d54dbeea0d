import { type Refusal } from '@parley/contracts';
import { type ClientBase } from 'pg';
import { type ReceivedSend } from '../inbound/received-command.js';
import { plainArray, textArray } from './array-literal.js';
import { resultOf } from './command-result.js';

/** Commands of one conversation that are refused together, or not at all. */
export interface RefusalRun {
  readonly conversationId: string;
  /** What the decision was made from; 0 where there is no such conversation. */
  readonly version: number;
  readonly refused: readonly { readonly received: ReceivedSend; readonly refusal: Refusal }[];
}

// A refusal is a decision like any other: it holds only for the version that it was made from.
const text = `
  WITH run AS MATERIALIZED (
    SELECT * FROM unnest($1::uuid[], $2::int8[]) AS r (conversation_id, version)
  ), refused AS MATERIALIZED (
    SELECT * FROM unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::int4[], $9::int8[], $10::int4[])
      AS s (conversation_id, command_id, user_id, kind, result, command_partition, command_offset, command_index)
  ), stored AS MATERIALIZED (
    SELECT s.conversation_id FROM refused s CROSS JOIN LATERAL (
      (SELECT FROM messaging.messages m
       WHERE m.conversation_id = s.conversation_id AND m.id = s.command_id LIMIT 1)
      UNION ALL
      (SELECT FROM messaging.command_results r
       WHERE r.conversation_id = s.conversation_id AND r.command_id = s.command_id LIMIT 1)
    ) AS found
  ), locked AS MATERIALIZED (
    SELECT c.id, c.version FROM messaging.conversations c
    WHERE c.id = ANY ($1::uuid[]) ORDER BY c.id FOR NO KEY UPDATE SKIP LOCKED
  ), matched AS MATERIALIZED (
    SELECT r.conversation_id FROM run r LEFT JOIN locked l ON l.id = r.conversation_id
    WHERE CASE WHEN r.version > 0 THEN l.version = r.version
          ELSE NOT EXISTS (SELECT FROM messaging.conversations c WHERE c.id = r.conversation_id) END
      AND NOT EXISTS (SELECT FROM stored WHERE stored.conversation_id = r.conversation_id)
  ), inserted AS (
    INSERT INTO messaging.command_results
      (conversation_id, command_id, user_id, kind, result, command_partition, command_offset, command_index)
    SELECT s.* FROM refused s JOIN matched ON matched.conversation_id = s.conversation_id
  )
  SELECT r.conversation_id AS id FROM run r
  WHERE NOT EXISTS (SELECT FROM matched WHERE matched.conversation_id = r.conversation_id)`;

/**
 * Stores that these commands were refused, so that a retry or replay is refused again.
 * @returns ids of the conversations that were not as expected, or had something stored of one of the commands
 */
export async function storeRefusals(database: ClientBase, runs: readonly RefusalRun[]): Promise<Set<string>> {
  const ordered = [...runs].sort((a, b) => (a.conversationId < b.conversationId ? -1 : 1));
  const all = ordered.flatMap((run) => run.refused);
  const { rows } = await database.query<{ id: string }>({
    name: 'store-refusals',
    text,
    values: [
      plainArray(ordered.map((run) => run.conversationId)),
      plainArray(ordered.map((run) => run.version)),
      plainArray(all.map(({ received }) => received.command.conversationId)),
      plainArray(all.map(({ received }) => received.command.commandId)),
      plainArray(all.map(({ received }) => received.command.userId)),
      textArray(all.map(({ received }) => received.command.kind)),
      textArray(all.map(({ refusal }) => JSON.stringify(resultOf(refusal)))),
      plainArray(all.map(({ received }) => received.position.partition)),
      plainArray(all.map(({ received }) => received.position.offset)),
      plainArray(all.map(({ received }) => received.position.index)),
    ],
  });
  return new Set(rows.map((row) => row.id));
}
