import { type Member } from '@parley/contracts';
import { type ActiveMember, ConversationState } from './conversation-state.js';
import { type Handled } from './command-handler.js';

interface Applied extends Handled {
  readonly version: number | null;
  readonly state: ConversationState | undefined;
}

/** The conversation after a change that is committed, from what it was before. */
export function applyToState({ state: before, version, subject }: Applied): ConversationState | undefined {
  if (version === null) return before;
  if (before === undefined) return subject.of === 'conversation' ? created(subject) : undefined;
  if (subject.of === 'members') for (const member of subject.members) applyMember(before, member);
  if (subject.of === 'conversation') Object.assign(before.conversation, subject.conversation);
  before.conversation.version = version;
  return before;
}

function created(subject: Handled['subject'] & { of: 'conversation' }): ConversationState {
  const members = new Map<string, ActiveMember>();
  for (const { userId, ...member } of subject.members ?? []) members.set(userId, member);
  return new ConversationState({ ...subject.conversation }, members);
}

function applyMember(state: ConversationState, { userId, leftVersion, ...member }: Member): void {
  if (leftVersion === null) state.setMember(userId, member);
  else state.removeMember(userId);
}
