import { type SignalOf, timing } from '@parley/contracts';
import { type Log } from '@parley/service';
import { type Pool } from 'pg';
import { CommitTicket } from '../delivery/commit-ticket.js';
import { liveDeliveries } from '../delivery/live-deliveries.js';
import { type Outbox } from '../delivery/outbox.js';
import { type Outgoing } from '../delivery/outgoing.js';
import { type Routes } from '../delivery/routes.js';
import { type BrokerClock } from '../inbound/broker-clock.js';
import { type Audience, type Audiences } from './audiences.js';
import { keyOf } from './marks.js';
import { type SignalMetrics } from './signal-metrics.js';

type TypingSignal = SignalOf<'typing.set'>;

export interface TypingParts {
  readonly pool: Pool;
  readonly audiences: Audiences;
  readonly routes: Routes;
  readonly outbox: Outbox;
  readonly clock: BrokerClock;
  readonly metrics: SignalMetrics;
  readonly log: Log;
}

/** Who was removed sees and shows no typing for longer than this. Milliseconds. */
const AUDIENCE_LIFE_MS = 1_000;
/** Or for longer than this, where the database does not answer: it may still answer others, and so remove members. */
const AUDIENCE_LIFE_ALONE_MS = 10_000;
/** More of it than this at once, or this many records of higher traffic on their way, and it is dropped. */
const MAX_WAITING = 2_000;

/** Tells other members online who is typing, as far as there is room for it. Nobody waits for it. */
export class Typing {
  private readonly waiting = new Map<string, TypingSignal>();
  private running: Promise<void> | undefined;

  constructor(private readonly parts: TypingParts) {}

  /** @param timestamp the broker's, milliseconds since the epoch */
  take(signal: TypingSignal, timestamp: number): void {
    const { clock, outbox, metrics } = this.parts;
    if (clock.now() - timestamp > timing.typingLifeMs) {
      metrics.typing.inc({ outcome: 'late' });
    } else if (this.waiting.size >= MAX_WAITING || outbox.size > MAX_WAITING) {
      metrics.typing.inc({ outcome: 'dropped' });
    } else {
      this.waiting.set(keyOf(signal), signal);
      this.running ??= this.run();
    }
  }

  async stop(): Promise<void> {
    this.waiting.clear();
    await this.running;
  }

  private async run(): Promise<void> {
    // What comes in the same batch is told together.
    await Promise.resolve();
    while (this.waiting.size > 0) {
      const signals = [...this.waiting.values()];
      this.waiting.clear();
      await this.refresh(signals);
      this.tell(signals);
    }
    this.running = undefined;
  }

  private async refresh(signals: readonly TypingSignal[]): Promise<void> {
    const { audiences, pool, log } = this.parts;
    const ids = new Set(signals.map(({ conversationId }) => conversationId));
    const stale = [...ids].filter((id) => !audiences.recent(id, AUDIENCE_LIFE_MS));
    try {
      await audiences.load(pool, stale);
    } catch (error) {
      log.warn({ err: error }, 'typing is told to members as they were known before');
    }
  }

  private tell(signals: readonly TypingSignal[]): void {
    const { audiences, outbox, metrics } = this.parts;
    const ticket = new CommitTicket();
    const records: Outgoing[] = [];
    for (const signal of signals) {
      const audience = audiences.recent(signal.conversationId, AUDIENCE_LIFE_ALONE_MS);
      const isTold = audience?.members.has(signal.userId) === true && !audience.isSilent;
      metrics.typing.inc({ outcome: isTold ? 'told' : 'ignored' });
      if (isTold) this.tellOthers(signal, audience, ticket, records);
    }
    if (records.length > 0) outbox.add(records);
  }

  private tellOthers(
    { conversationId, userId, active }: TypingSignal,
    audience: Audience,
    ticket: CommitTicket,
    records: Outgoing[],
  ): void {
    const others = [...audience.members.keys()].filter((id) => id !== userId);
    const body = JSON.stringify({ conversationId, userId, active });
    records.push(...liveDeliveries(this.parts.routes.toUsers(others), 'typing.changed', body, ticket));
  }
}
