import { appendAccountEvent, lockAccount } from '../accounts/account-events.js';
import { requirePair, touchConversation } from './blocking.js';
import { type CommandContext, type CommandHandler, type Handled } from './command-handler.js';

/** `user.unblock`: of whom one does not block, it changes nothing. */
export class UnblockUser implements CommandHandler<'user.unblock'> {
  readonly kind = 'user.unblock';

  async handle(context: CommandContext<'user.unblock'>): Promise<Handled> {
    const { command, state, database } = context;
    const { userId } = command;
    const otherUserId = command.body.userId;
    requirePair(command);
    if (state === undefined) return { event: null, subject: { of: 'nothing' } };
    if (!state.direct.blockedBy.includes(userId)) {
      return { event: null, subject: { of: 'conversation', conversation: { ...state.conversation } } };
    }

    await lockAccount(database, userId);
    const handled = await touchConversation(context, state);
    await database.query({
      name: 'delete-block',
      text: 'DELETE FROM messaging.blocks WHERE user_id = $1 AND blocked_user_id = $2',
      values: [userId, otherUserId],
    });
    await appendAccountEvent(database, { event: 'user.unblocked', contract: 1, userId, otherUserId });
    const { isListed, blockedBy } = state.direct;
    return { ...handled, direct: { isListed, blockedBy: blockedBy.filter((id) => id !== userId) } };
  }
}
