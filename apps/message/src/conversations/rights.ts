import { Refusal } from '@parley/contracts';
import { type ActiveMember, type ConversationState } from './conversation-state.js';

/** Whose command it is, and the conversation that they are a member of. */
export interface ActingMember {
  readonly state: ConversationState;
  readonly member: ActiveMember;
}

/** @throws Refusal `NOT_FOUND` alike for what does not exist and for who is no member, so that ids tell nothing */
export function requireMember(state: ConversationState | undefined, userId: string): ActingMember {
  const member = state?.members.get(userId);
  if (state === undefined || member === undefined || state.isHidden) {
    throw new Refusal('NOT_FOUND', 'There is no such conversation, or you are not a member of it.');
  }
  return { state, member };
}

/** @throws Refusal `FORBIDDEN`; how it is put must not tell more than that it is so to who is blocked */
export function requireUnblocked(state: ConversationState, userId: string): void {
  if (state.isBlocked) throw blockedFor(state, userId);
}

export function blockedFor(state: ConversationState, userId: string): Refusal {
  const sentence = state.direct.blockedBy.includes(userId)
    ? 'You have blocked this person: unblock them first.'
    : 'This cannot be delivered to this person.';
  return new Refusal('FORBIDDEN', sentence);
}

/** @throws Refusal `NOT_FOUND`, `FORBIDDEN` */
export function requireGroupMember(state: ConversationState | undefined, userId: string): ActingMember {
  const acting = requireMember(state, userId);
  if (acting.state.conversation.kind === 'direct') {
    throw new Refusal('FORBIDDEN', 'A direct conversation keeps its two members and has no name.');
  }
  return acting;
}

/** @throws Refusal `NOT_FOUND`, `FORBIDDEN` */
export function requireGroupAdmin(state: ConversationState | undefined, userId: string): ActingMember {
  const acting = requireGroupMember(state, userId);
  if (acting.member.role === 'member') {
    throw new Refusal('FORBIDDEN', 'Only admins and owners of the group may do this.');
  }
  return acting;
}
