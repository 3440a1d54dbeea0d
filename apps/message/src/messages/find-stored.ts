import { type CommandKind } from '@parley/contracts';
import { type ClientBase, type Pool } from 'pg';
import { type CommandPosition, type ReceivedCommand } from '../inbound/received-command.js';
import { plainArray } from './array-literal.js';
import { type CommandResult } from './command-result.js';
import { messageColumns, type MessageRow } from './message-row.js';

/** What the database knows of a command: the message it made, or the result it came to. */
export type Stored =
  | { readonly position: CommandPosition; readonly message: MessageRow }
  | {
      readonly position: CommandPosition;
      readonly userId: string;
      readonly kind: CommandKind;
      readonly result: CommandResult;
    };

interface PlacedRow {
  place: number;
  partition: number;
  offset: number;
  index: number;
}

type ResultRow = PlacedRow & { userId: string; kind: CommandKind; result: string };

// LATERAL with LIMIT keeps the planner at one index probe per id, however small or large it believes the tables to be.
const wanted = `unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS w (conversation_id, id, place)`;
const position = (alias: string) =>
  `${alias}.command_partition AS partition, ${alias}.command_offset AS "offset", ${alias}.command_index AS index`;
const messagesQuery = {
  name: 'find-stored-messages',
  text: `
    SELECT w.place - 1 AS place, found.* FROM ${wanted} CROSS JOIN LATERAL (
      SELECT ${messageColumns}, ${position('m')} FROM messaging.messages m
      WHERE m.conversation_id = w.conversation_id AND m.id = w.id LIMIT 1) AS found`,
};
const resultsQuery = {
  name: 'find-stored-results',
  text: `
    SELECT w.place - 1 AS place, found.* FROM ${wanted} CROSS JOIN LATERAL (
      SELECT r.user_id AS "userId", r.kind, r.result, ${position('r')} FROM messaging.command_results r
      WHERE r.conversation_id = w.conversation_id AND r.command_id = w.id LIMIT 1) AS found`,
};

/** By command: what is stored of it. Commands of which nothing is stored are absent. */
export async function findStored(
  database: Pool | ClientBase,
  commands: readonly ReceivedCommand[],
): Promise<Map<ReceivedCommand, Stored>> {
  const found = new Map<ReceivedCommand, Stored>();
  if (commands.length === 0) return found;
  const values = [
    plainArray(commands.map(({ command }) => command.conversationId)),
    plainArray(commands.map(({ command }) => command.commandId)),
  ];
  const note = (row: PlacedRow, stored: Stored): void => {
    const command = commands[row.place];
    if (command !== undefined) found.set(command, stored);
  };
  const results = await database.query<ResultRow>({ ...resultsQuery, values });
  for (const row of results.rows) {
    const { userId, kind } = row;
    note(row, { position: row, userId, kind, result: JSON.parse(row.result) as CommandResult });
  }
  const messages = await database.query<PlacedRow & MessageRow>({ ...messagesQuery, values });
  for (const row of messages.rows) {
    // The id of another kind of command names no message; that both are the same means nothing.
    if (commands[row.place]?.command.kind === 'message.send') note(row, { position: row, message: row });
  }
  return found;
}
