import { type ConversationCache } from '../conversations/conversation-cache.js';
import { reloadConversations } from '../conversations/reload-conversations.js';
import { type Outgoing } from '../delivery/outgoing.js';
import { type CommandMetrics } from '../inbound/command-metrics.js';
import { type DeadCommands } from '../inbound/dead-commands.js';
import { type ReceivedSend } from '../inbound/received-command.js';
import { type PartOutcome, type Verdict } from '../inbound/verdict.js';
import { type Answer, type SendAnswers } from './answers.js';
import { tooOld } from './command-result.js';
import { isUniqueViolation } from './database-errors.js';
import { type DedicatedConnection } from './dedicated-connection.js';
import { findStored } from './find-stored.js';
import { type SendRun } from './insert-messages.js';
import { mentionedMembers } from './mentioned-members.js';
import { storeRuns } from './store-runs.js';
import { type RefusalRun, storeRefusals } from './store-refusals.js';

/** Decides the sends of a round: all that may be stored in one statement, and the same for all that are refused. */
export class SendDecider {
  constructor(
    private readonly connection: DedicatedConnection,
    private readonly cache: ConversationCache,
    private readonly answers: SendAnswers,
    private readonly dead: DeadCommands,
    private readonly metrics: CommandMetrics,
  ) {}

  async store(runs: readonly SendRun[]): Promise<PartOutcome> {
    if (runs.length === 0) return nothing;
    const began = performance.now();
    const { stored, stale, unstorable, failures } = await storeRuns(this.connection, runs);
    this.metrics.statementSeconds.observe((performance.now() - began) / 1000);
    this.metrics.roundSize.observe(runs.reduce((count, { sends }) => count + sends.length, 0));
    const verdicts: Verdict[] = stored.map((run) => this.toStored(run));
    for (const { received, error } of unstorable) verdicts.push(this.dead.putAside(received, error));
    if (stale.length === 0) return { verdicts, failures };
    const again = await this.reconsider(stale.flatMap(({ sends }) => sends));
    return { verdicts: [...verdicts, ...again.verdicts], failures: [...failures, ...again.failures] };
  }

  async refuse(runs: readonly RefusalRun[]): Promise<PartOutcome> {
    if (runs.length === 0) return nothing;
    let stale: Set<string>;
    const failures: unknown[] = [];
    try {
      stale = await this.connection.use((database) => storeRefusals(database, runs));
    } catch (error) {
      if (!isUniqueViolation(error)) failures.push(error);
      stale = new Set(runs.map(({ conversationId }) => conversationId));
    }
    const verdicts = runs
      .filter(({ conversationId }) => !stale.has(conversationId))
      .map(({ conversationId, refused }) => ({
        conversationId,
        decided: refused.map(({ received }) => received),
        outcome: 'refused' as const,
        tell: () => refused.map(({ received, refusal }) => this.answers.refused(received, refusal)),
      }));
    if (stale.size === 0) return { verdicts, failures };
    const left = runs.filter(({ conversationId }) => stale.has(conversationId));
    const again = await this.reconsider(
      left.flatMap(({ refused }) => refused.map(({ received }) => received)),
    );
    return { verdicts: [...verdicts, ...again.verdicts], failures: [...failures, ...again.failures] };
  }

  /** They are too old to be stored now; but they may have been, while they were young. */
  async lookUp(sends: readonly ReceivedSend[]): Promise<PartOutcome> {
    if (sends.length === 0) return nothing;
    return this.reconsider(sends, (received) => ({
      outcome: 'expired',
      records: [this.answers.refused(received, tooOld())],
    }));
  }

  /**
   * Looks at conversations anew, and answers what is stored already. What is not is left to the next round, or to
   * `otherwise`.
   */
  private async reconsider(
    sends: readonly ReceivedSend[],
    otherwise?: (received: ReceivedSend) => Answer,
  ): Promise<PartOutcome> {
    const ids = [...new Set(sends.map(({ command }) => command.conversationId))];
    try {
      const { states, changed } = await this.connection.use((database) =>
        reloadConversations(database, this.cache, ids),
      );
      this.metrics.reloads.inc(changed);
      const found = await this.connection.use((database) => findStored(database, sends));
      const verdicts: Verdict[] = [];
      for (const received of sends) {
        const { conversationId } = received.command;
        const stored = found.get(received);
        const answer = stored
          ? this.answers.again(received, stored, states.get(conversationId))
          : otherwise?.(received);
        if (answer === undefined) continue;
        const { outcome, records } = answer;
        verdicts.push({ conversationId, decided: [received], outcome, tell: () => records });
      }
      return { verdicts, failures: [] };
    } catch (error) {
      return { verdicts: [], failures: [error] };
    }
  }

  private toStored({ state, sends }: SendRun): Verdict {
    const { id, lastSeq, version } = state;
    // Before anything else changes the members.
    const mentions = sends.map((received) => mentionedMembers(state, received));
    state.advance(sends.length, sends.length);
    const tell = (): Outgoing[] => {
      const records: Outgoing[] = [];
      sends.forEach((received, n) => {
        const placed = { seq: lastSeq + 1 + n, version: version + 1 + n, mentions: mentions[n] ?? null };
        this.answers.stored(received, state, placed, records);
      });
      return records;
    };
    return { conversationId: id, decided: sends, outcome: 'done', tell };
  }
}

const nothing: PartOutcome = { verdicts: [], failures: [] };
