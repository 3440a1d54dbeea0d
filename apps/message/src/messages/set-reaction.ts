import { limits, type Reaction, Refusal } from '@parley/contracts';
import { type CommandContext, type CommandHandler, type Handled } from '../conversations/command-handler.js';
import { requireMember, requireUnblocked } from '../conversations/rights.js';
import { requireVisibleMessage } from './visible-message.js';
import { messageColumns, type MessageRow } from './message-row.js';

/** Of each emoji, so that a message stays small however large its group is. */
const SHOWN_USERS = 20;

/** `reaction.set`: any member who may see a message puts an emoji to it, or takes their own back. None is put while one of two blocks the other. */
export class SetReaction implements CommandHandler<'reaction.set'> {
  readonly kind = 'reaction.set';

  async handle(context: CommandContext<'reaction.set'>): Promise<Handled> {
    const { command, state, database } = context;
    const acting = requireMember(state, command.userId);
    const message = await requireVisibleMessage(database, acting, command.body.id);
    if (message.deletedAt !== null) throw new Refusal('CONFLICT', 'The message was deleted.');
    if (command.body.on) {
      requireUnblocked(acting.state, command.userId);
      checkRoom(message, command.body.emoji);
    }

    const moved = command.body.on ? await add(context, message) : await remove(context, message);
    if (!moved) return { event: null, subject: { of: 'message', message } };
    const before = message.reactions ?? [];
    const write = isAnyOfTheFirst(before, command) ? keepWithFirst : keep;
    const changed = await write(context, message, afterChange(before, command));
    return { event: 'reaction.changed', subject: { of: 'message', message: changed } };
  }
}

/** @throws Refusal `TOO_LARGE` */
function checkRoom({ reactions }: MessageRow, emoji: string): void {
  const max = limits.reactionsPerMessage.max;
  if (reactions === null || reactions.length < max || reactions.some((each) => each.emoji === emoji)) return;
  throw new Refusal('TOO_LARGE', `The message has ${max} different reactions already: choose one of them.`);
}

/** @returns whether it was not there before */
async function add(context: CommandContext<'reaction.set'>, { seq }: MessageRow): Promise<boolean> {
  const { command, database, nextVersion, occurredAt } = context;
  const { rowCount } = await database.query({
    name: 'add-reaction',
    text: `INSERT INTO messaging.reactions (conversation_id, seq, emoji, user_id, version, created_at)
           VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
    values: [command.conversationId, seq, command.body.emoji, command.userId, nextVersion, occurredAt],
  });
  return rowCount === 1;
}

/** @returns whether it was there */
async function remove(context: CommandContext<'reaction.set'>, { seq }: MessageRow): Promise<boolean> {
  const { command, database } = context;
  const { rowCount } = await database.query({
    name: 'remove-reaction',
    text: `DELETE FROM messaging.reactions
           WHERE conversation_id = $1 AND seq = $2 AND emoji = $3 AND user_id = $4`,
    values: [command.conversationId, seq, command.body.emoji, command.userId],
  });
  return rowCount === 1;
}

/** The reactions after one more, or one less; of one less `userIds` may lack who moves up: only the table tells. */
function afterChange(
  reactions: readonly Reaction[],
  { userId, body: { emoji, on } }: CommandContext<'reaction.set'>['command'],
): Reaction[] {
  const before = reactions.find((each) => each.emoji === emoji);
  if (before === undefined)
    return on ? [...reactions, { emoji, count: 1, userIds: [userId] }] : [...reactions];
  const { count, userIds } = before;
  const isShown = on && userIds.length < SHOWN_USERS;
  const after = { emoji, count: count + (on ? 1 : -1), userIds: isShown ? [...userIds, userId] : userIds };
  return reactions.map((each) => (each === before ? after : each)).filter((each) => each.count > 0);
}

/** One of the first is taken back: somebody moves up, and the emoji may stand in another order. */
function isAnyOfTheFirst(
  reactions: readonly Reaction[],
  { userId, body: { emoji, on } }: CommandContext<'reaction.set'>['command'],
): boolean {
  return !on && reactions.some((each) => each.emoji === emoji && each.userIds.includes(userId));
}

async function keep(
  { command, database, nextVersion }: CommandContext<'reaction.set'>,
  { seq }: MessageRow,
  reactions: readonly Reaction[],
): Promise<MessageRow> {
  const { rows } = await database.query<MessageRow>({
    name: 'keep-reactions',
    text: `UPDATE messaging.messages m SET version = $3, reactions = $4
           WHERE m.conversation_id = $1 AND m.seq = $2 RETURNING ${messageColumns}`,
    values: [command.conversationId, seq, nextVersion, JSON.stringify(reactions)],
  });
  return rows[0] as MessageRow;
}

/**
 * Writes who the table says were the first, so that readers find them in the message's row. How many there are is known:
 * counting them would take as long as there are reactions, and all the while other conversations wait. Writers come one
 * after the other, under the conversation's lock, so the two cannot differ.
 */
async function keepWithFirst(
  { command, database, nextVersion }: CommandContext<'reaction.set'>,
  { seq }: MessageRow,
  reactions: readonly Reaction[],
): Promise<MessageRow> {
  const { rows } = await database.query<MessageRow>({
    name: 'keep-reactions-with-first',
    text: `
      UPDATE messaging.messages m SET version = $3, reactions = (
        SELECT json_agg(json_build_object('emoji', e.emoji, 'count', e.count, 'userIds', first.user_ids)
                        ORDER BY first.version)
        FROM unnest($4::text[], $5::int[]) AS e (emoji, count)
        CROSS JOIN LATERAL (
          SELECT json_agg(u.user_id ORDER BY u.version) AS user_ids, min(u.version) AS version FROM (
            SELECT r.user_id, r.version FROM messaging.reactions r
            WHERE r.conversation_id = m.conversation_id AND r.seq = m.seq AND r.emoji = e.emoji
            ORDER BY r.version LIMIT ${SHOWN_USERS}
          ) u
        ) first
      )
      WHERE m.conversation_id = $1 AND m.seq = $2 RETURNING ${messageColumns}`,
    values: [
      command.conversationId,
      seq,
      nextVersion,
      reactions.map(({ emoji }) => emoji),
      reactions.map(({ count }) => count),
    ],
  });
  return rows[0] as MessageRow;
}
