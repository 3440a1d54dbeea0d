import { type Outgoing } from '../delivery/outgoing.js';
import { type ReceivedCommand } from './received-command.js';

/**
 * `retried`: answered from what was stored before; `replayed`: told in full again; `dropped`: their partition went to
 * another process; `dead`: put aside for people.
 */
export type VerdictOutcome = 'done' | 'refused' | 'retried' | 'replayed' | 'expired' | 'dropped' | 'dead';

/** Commands of one conversation that are decided for good, in the order of the log. */
export interface Verdict {
  readonly conversationId: string;
  readonly decided: readonly ReceivedCommand[];
  readonly outcome: VerdictOutcome;
  /** What goes out for them. Asked for once, when the next round is on its way: making it must not keep the database waiting. */
  readonly tell: () => readonly Outgoing[];
}

/** What a part of a round came to. Commands without a verdict are tried again. */
export interface PartOutcome {
  readonly verdicts: readonly Verdict[];
  /** Why some were not decided, where the database or the network is the reason. */
  readonly failures: readonly unknown[];
}
