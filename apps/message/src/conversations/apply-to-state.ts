import { type Member } from '@parley/contracts';
import { type ActiveMember, ConversationState, type DirectStanding } from './conversation-state.js';
import { type Handled } from './command-handler.js';

interface Applied extends Handled {
  readonly version: number | null;
  readonly state: ConversationState | undefined;
}

/** The conversation after a change that is committed, from what it was before. */
export function applyToState(applied: Applied): ConversationState | undefined {
  const { state: before, version, subject, direct } = applied;
  if (version === null) return before;
  if (before === undefined) return subject.of === 'conversation' ? created(subject, direct) : undefined;
  if (direct !== undefined) before.direct = direct;
  if (subject.of === 'members') for (const member of subject.members) applyMember(before, member);
  if (subject.of === 'conversation') Object.assign(before.conversation, subject.conversation);
  before.conversation.version = version;
  return before;
}

function created(
  subject: Handled['subject'] & { of: 'conversation' },
  direct: DirectStanding | undefined,
): ConversationState {
  const members = new Map<string, ActiveMember>();
  for (const { userId, ...member } of subject.members ?? []) members.set(userId, member);
  return new ConversationState({ ...subject.conversation }, members, direct);
}

function applyMember(state: ConversationState, { userId, leftVersion, ...member }: Member): void {
  if (leftVersion === null) state.setMember(userId, member);
  else state.removeMember(userId);
}
