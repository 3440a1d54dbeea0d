import { type CommandOf, Refusal } from '@parley/contracts';
import { type ChangeContext, type Handled } from './command-handler.js';
import { type ConversationState } from './conversation-state.js';
import { directConversationId } from './direct-conversation-id.js';

type Kind = 'user.block' | 'user.unblock';

/** @throws Refusal `INVALID` */
export function requirePair({ userId, conversationId, body }: CommandOf<Kind>): void {
  if (userId === body.userId) throw new Refusal('INVALID', 'userId: must be somebody else.');
  if (conversationId !== directConversationId(userId, body.userId)) {
    throw new Refusal('INVALID', 'This is not the id of the direct conversation of these two users.');
  }
}

/** The conversation's row takes the version, though nothing that anybody sees in it changes. */
export async function touchConversation(
  { database, nextVersion }: ChangeContext,
  state: ConversationState,
): Promise<Handled> {
  await database.query({
    name: 'touch-conversation',
    text: 'UPDATE messaging.conversations SET changed_version = $2 WHERE id = $1',
    values: [state.id, nextVersion],
  });
  const conversation = { ...state.conversation, version: nextVersion };
  return { event: 'conversation.updated', subject: { of: 'conversation', conversation } };
}
