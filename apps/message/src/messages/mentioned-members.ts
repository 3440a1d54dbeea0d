import { type ConversationState } from '../conversations/conversation-state.js';
import { type ReceivedSend } from '../inbound/received-command.js';

/**
 * Those of the mentioned who are members in the state that the message is stored from; null where that is nobody. A
 * message is not refused for naming somebody who has just left: its text says who was meant, and nobody else is told.
 */
export function mentionedMembers(
  { members }: ConversationState,
  { command }: ReceivedSend,
): readonly string[] | null {
  const { mentions } = command.body;
  if (mentions === undefined) return null;
  const mentioned = [...new Set(mentions)].filter((userId) => members.has(userId));
  return mentioned.length > 0 ? mentioned : null;
}
