import { Refusal } from '@parley/contracts';
import { type CommandContext, type CommandHandler, type Handled } from '../conversations/command-handler.js';
import { requireMember, requireUnblocked } from '../conversations/rights.js';
import { requireVisibleMessage } from './visible-message.js';
import { messageColumns, type MessageRow } from './message-row.js';

/** `message.edit`: the sender replaces the text. */
export class EditMessage implements CommandHandler<'message.edit'> {
  readonly kind = 'message.edit';

  async handle(context: CommandContext<'message.edit'>): Promise<Handled> {
    const { command, state, database } = context;
    const acting = requireMember(state, command.userId);
    const message = await requireVisibleMessage(database, acting, command.body.id);
    if (message.senderId !== command.userId) {
      throw new Refusal('FORBIDDEN', 'Only its sender may edit a message.');
    }
    if (message.deletedAt !== null) throw new Refusal('CONFLICT', 'The message was deleted.');
    // Otherwise an old message would carry new words to somebody who wants none.
    requireUnblocked(acting.state, command.userId);
    if (message.text === command.body.text) return { event: null, subject: { of: 'message', message } };

    const edited = await replaceText(context);
    return { event: 'message.edited', subject: { of: 'message', message: edited } };
  }
}

async function replaceText(context: CommandContext<'message.edit'>): Promise<MessageRow> {
  const { command, database, nextVersion, occurredAt } = context;
  const { rows } = await database.query<MessageRow>({
    name: 'edit-message',
    text: `UPDATE messaging.messages m SET text = $3, version = $4, edited_at = $5
           WHERE m.conversation_id = $1 AND m.id = $2 RETURNING ${messageColumns}`,
    values: [command.conversationId, command.body.id, command.body.text, nextVersion, occurredAt],
  });
  return rows[0] as MessageRow;
}
