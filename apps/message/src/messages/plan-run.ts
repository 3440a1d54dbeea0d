import { Refusal, timing } from '@parley/contracts';
import { type ConversationState } from '../conversations/conversation-state.js';
import { isSend, type ReceivedCommand, type ReceivedSend } from '../inbound/received-command.js';

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

/**
 * @param state undefined where there is no such conversation
 * @param now by the broker's clock
 */
export function planRun(
  commands: readonly ReceivedCommand[],
  state: ConversationState | undefined,
  now: number,
): PlannedRun | undefined {
  const [first] = commands;
  if (first === undefined) return undefined;
  if (!isSend(first)) return { decision: 'perform', received: first };
  const decision = decide(first, state, now);
  const sends: ReceivedSend[] = [];
  const ids = new Set<string>();
  for (const received of commands) {
    if (sends.length === LONGEST_RUN || !isSend(received)) break;
    // The same id again is a retry: it has to find what the first one stored.
    if (ids.has(received.command.commandId) || decide(received, state, now) !== decision) break;
    ids.add(received.command.commandId);
    sends.push(received);
  }
  return decision === 'refuse' ? { decision, sends, refusal: notFound() } : { decision, sends };
}

function decide(
  { command, timestamp }: ReceivedSend,
  state: ConversationState | undefined,
  now: number,
): 'store' | 'refuse' | 'look up' {
  if (now - timestamp > timing.commandLifeMs) return 'look up';
  return state?.members.has(command.userId) ? 'store' : 'refuse';
}
