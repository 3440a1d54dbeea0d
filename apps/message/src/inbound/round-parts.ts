import { type ConversationCache } from '../conversations/conversation-cache.js';
import { type ConversationState } from '../conversations/conversation-state.js';
import { loadConversations } from '../conversations/load-conversations.js';
import { type DedicatedConnection } from '../messages/dedicated-connection.js';
import { type SendRun } from '../messages/insert-messages.js';
import { findReplyTargets, type ReplyTargets } from '../messages/find-reply-targets.js';
import { planRun, repliesAhead } from '../messages/plan-run.js';
import { type SendDecider } from '../messages/send-decider.js';
import { type RefusalRun } from '../messages/store-refusals.js';
import { type BrokerClock } from './broker-clock.js';
import { type ConversationQueue } from './conversation-queues.js';
import { type ReceivedCommand, type ReceivedSend } from './received-command.js';
import { type SingleDecider } from './single-decider.js';
import { type PartOutcome, type Verdict } from './verdict.js';

interface Plan {
  readonly stores: SendRun[];
  readonly refusals: RefusalRun[];
  readonly lookUps: ReceivedSend[];
  readonly singles: ReceivedCommand[];
}

/** One round: what each conversation brings, by the way in which it is decided; all ways at once. */
export class RoundParts {
  constructor(
    private readonly connection: DedicatedConnection,
    private readonly cache: ConversationCache,
    private readonly clock: BrokerClock,
    private readonly sends: SendDecider,
    private readonly singles: SingleDecider,
  ) {}

  /** @returns why some commands were not decided */
  async decide(
    queues: readonly ConversationQueue[],
    settle: (verdict: Verdict) => void,
  ): Promise<readonly unknown[]> {
    // Without a pause where nothing has to be loaded: the caller counts on the statement being on its way.
    const { states, missing } = this.cachedStatesOf(queues);
    if (missing.length > 0) await this.load(missing, states);
    const replies = queues.flatMap(({ commands }) => repliesAhead(commands));
    const targets = replies.length > 0 ? await this.findTargets(replies) : undefined;
    const plan = this.plan(queues, states, targets);
    const settleAll = async (part: Promise<PartOutcome>): Promise<readonly unknown[]> => {
      const { verdicts, failures } = await part;
      for (const verdict of verdicts) settle(verdict);
      return failures;
    };
    const failures = await Promise.all([
      settleAll(this.sends.store(plan.stores)),
      settleAll(this.sends.refuse(plan.refusals)),
      settleAll(this.sends.lookUp(plan.lookUps)),
      settleAll(this.singles.decide(plan.singles)),
    ]);
    return failures.flat();
  }

  private plan(
    queues: readonly ConversationQueue[],
    states: ReadonlyMap<string, ConversationState>,
    targets: ReplyTargets | undefined,
  ): Plan {
    const plan: Plan = { stores: [], refusals: [], lookUps: [], singles: [] };
    const now = this.clock.now();
    for (const { conversationId, commands } of queues) {
      const state = states.get(conversationId);
      const run = planRun(commands, state, now, targets);
      switch (run?.decision) {
        case undefined:
          break;
        case 'store':
          if (state !== undefined) plan.stores.push({ state, sends: run.sends });
          break;
        case 'refuse': {
          const refused = run.sends.map((received) => ({ received, refusal: run.refusal }));
          plan.refusals.push({ conversationId, version: state?.version ?? 0, refused });
          break;
        }
        case 'look up':
          plan.lookUps.push(...run.sends);
          break;
        case 'perform':
          plan.singles.push(run.received);
          break;
      }
    }
    return plan;
  }

  private findTargets(replies: readonly ReceivedSend[]): Promise<ReplyTargets> {
    return this.connection.use((database) => findReplyTargets(database, replies));
  }

  private cachedStatesOf(queues: readonly ConversationQueue[]) {
    const states = new Map<string, ConversationState>();
    const missing: string[] = [];
    for (const { conversationId } of queues) {
      const state = this.cache.get(conversationId);
      if (state === undefined) missing.push(conversationId);
      else states.set(conversationId, state);
    }
    return { states, missing };
  }

  private async load(ids: readonly string[], into: Map<string, ConversationState>): Promise<void> {
    const loaded = await this.connection.use((database) => loadConversations(database, ids));
    for (const [id, state] of loaded) {
      this.cache.put(state);
      into.set(id, state);
    }
  }
}
