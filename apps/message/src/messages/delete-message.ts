import { Refusal } from '@parley/contracts';
import { type CommandContext, type CommandHandler, type Handled } from '../conversations/command-handler.js';
import { requireMember } from '../conversations/rights.js';
import { requireVisibleMessage } from './visible-message.js';
import { messageColumns, type MessageRow } from './message-row.js';

/** `message.delete`: leaves a tombstone, which keeps its place and what it replied to. One's own, or anyone's as admin or owner. */
export class DeleteMessage implements CommandHandler<'message.delete'> {
  readonly kind = 'message.delete';

  async handle(context: CommandContext<'message.delete'>): Promise<Handled> {
    const { command, state, database } = context;
    const acting = requireMember(state, command.userId);
    const message = await requireVisibleMessage(database, acting, command.body.id);
    if (message.senderId !== command.userId && acting.member.role === 'member') {
      throw new Refusal('FORBIDDEN', 'Only its sender, admins and owners may delete a message.');
    }
    if (message.deletedAt !== null) return { event: null, subject: { of: 'message', message } };

    const deleted = await leaveTombstone(context, message);
    return { event: 'message.deleted', subject: { of: 'message', message: deleted } };
  }
}

async function leaveTombstone(
  context: CommandContext<'message.delete'>,
  { seq }: MessageRow,
): Promise<MessageRow> {
  const { command, database, nextVersion, occurredAt } = context;
  await database.query({
    name: 'delete-reactions',
    text: `DELETE FROM messaging.reactions WHERE conversation_id = $1 AND seq = $2`,
    values: [command.conversationId, seq],
  });
  const { rows } = await database.query<MessageRow>({
    name: 'delete-message',
    text: `UPDATE messaging.messages m SET text = '', mentions = NULL, reactions = NULL, version = $3, deleted_at = $4
           WHERE m.conversation_id = $1 AND m.seq = $2 RETURNING ${messageColumns}`,
    values: [command.conversationId, seq, nextVersion, occurredAt],
  });
  return rows[0] as MessageRow;
}
