import { Refusal, timing } from '@parley/contracts';
import { type ActiveMember, type ConversationState } from '../conversations/conversation-state.js';
import { blockedFor } from '../conversations/rights.js';
import { isSend, type ReceivedCommand, type ReceivedSend } from '../inbound/received-command.js';
import { type ReplyTargets } from './find-reply-targets.js';

/** What one conversation brings to a round: commands from the head of its queue that can be decided together. */
export type PlannedRun =
  | { readonly decision: 'store'; readonly sends: ReceivedSend[] }
  | { readonly decision: 'refuse'; readonly sends: ReceivedSend[]; readonly refusal: Refusal }
  /** Stored before, or too old to be carried out: looking is enough. */
  | { readonly decision: 'look up'; readonly sends: ReceivedSend[] }
  /** Any other kind: what follows may depend on it, so it stands alone. */
  | { readonly decision: 'perform'; readonly received: ReceivedCommand };

/** One burst must not starve the other conversations of a round. */
const LONGEST_RUN = 100;

export const notFound = (): Refusal =>
  new Refusal('NOT_FOUND', 'There is no such conversation, or you are not a member of it.');

const noSuchReplyTarget = (): Refusal =>
  new Refusal('NOT_FOUND', 'replyTo: there is no such message in this conversation, or you may not see it.');

const noTargets: ReplyTargets = new Map();

/** Of what may come into the next run, those that reply: their targets have to be found before it is planned. */
export function repliesAhead(commands: readonly ReceivedCommand[]): ReceivedSend[] {
  const replies: ReceivedSend[] = [];
  const ahead = Math.min(commands.length, LONGEST_RUN);
  for (let n = 0; n < ahead; n++) {
    const received = commands[n];
    if (received === undefined || !isSend(received)) break;
    if (received.command.body.replyTo !== undefined) replies.push(received);
  }
  return replies;
}

/**
 * @param state undefined where there is no such conversation
 * @param now by the broker's clock
 * @param targets of all replies ahead, as far as they were found
 */
export function planRun(
  commands: readonly ReceivedCommand[],
  state: ConversationState | undefined,
  now: number,
  targets: ReplyTargets = noTargets,
): PlannedRun | undefined {
  const [first] = commands;
  if (first === undefined) return undefined;
  if (!isSend(first)) return { decision: 'perform', received: first };
  const sends: ReceivedSend[] = [];
  const ids = new Set<string>();
  const decide = (received: ReceivedSend): Decision => {
    if (now - received.timestamp > timing.commandLifeMs) return 'look up';
    const member = state?.members.get(received.command.userId);
    if (state === undefined || member === undefined) return 'no member';
    if (state.isBlocked)
      return state.direct.blockedBy.includes(received.command.userId) ? 'blocking' : 'blocked';
    return mayReply(received, member, ids, targets) ? 'store' : 'no target';
  };
  const decision = decide(first);
  for (const received of commands) {
    if (sends.length === LONGEST_RUN || !isSend(received)) break;
    // The same id again is a retry: it has to find what the first one stored.
    if (ids.has(received.command.commandId) || decide(received) !== decision) break;
    ids.add(received.command.commandId);
    sends.push(received);
  }
  switch (decision) {
    case 'store':
    case 'look up':
      return { decision, sends };
    case 'no member':
      return { decision: 'refuse', sends, refusal: notFound() };
    case 'blocking':
    case 'blocked':
      return state && { decision: 'refuse', sends, refusal: blockedFor(state, first.command.userId) };
    case 'no target':
      return { decision: 'refuse', sends, refusal: noSuchReplyTarget() };
  }
}

type Decision = 'store' | 'look up' | 'no member' | 'blocking' | 'blocked' | 'no target';

/** @param ids of the messages before it in its run, which are stored together with it */
function mayReply(
  received: ReceivedSend,
  { visibleFromSeq }: ActiveMember,
  ids: ReadonlySet<string>,
  targets: ReplyTargets,
): boolean {
  const { replyTo } = received.command.body;
  return replyTo === undefined || ids.has(replyTo) || (targets.get(received) ?? 0) >= visibleFromSeq;
}
