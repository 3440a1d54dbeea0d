import { Refusal } from '@parley/contracts';
import { type ActiveMember, type ConversationState } from './conversation-state.js';

export interface Standing {
  readonly state: ConversationState;
  readonly member: ActiveMember;
}

/** @throws Refusal `NOT_FOUND` alike for what does not exist and for who is no member, so that ids tell nothing */
export function requireMember(state: ConversationState | undefined, userId: string): Standing {
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
export function requireGroupMember(state: ConversationState | undefined, userId: string): Standing {
  const standing = requireMember(state, userId);
  if (standing.state.conversation.kind === 'direct') {
    throw new Refusal('FORBIDDEN', 'A direct conversation keeps its two members and has no name.');
  }
  return standing;
}

/** @throws Refusal `NOT_FOUND`, `FORBIDDEN` */
export function requireGroupAdmin(state: ConversationState | undefined, userId: string): Standing {
  const standing = requireGroupMember(state, userId);
  if (standing.member.role === 'member') {
    throw new Refusal('FORBIDDEN', 'Only admins and owners of the group may do this.');
  }
  return standing;
}
