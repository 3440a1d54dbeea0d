import { CommitTicket } from '../delivery/commit-ticket.js';
import { liveDeliveries } from '../delivery/live-deliveries.js';
import { type Outbox } from '../delivery/outbox.js';
import { type Outgoing } from '../delivery/outgoing.js';
import { type Routes } from '../delivery/routes.js';
import { type MovedMark } from './advance-receipts.js';
import { type Audience } from './audiences.js';
import { type ReceiptSummaries } from './receipt-summaries.js';

/**
 * Tells of marks that moved: all members online; only one's own devices where one of two blocks the other, and in larger
 * groups, with counts later.
 */
export class ReceiptTeller {
  constructor(
    private readonly routes: Routes,
    private readonly summaries: ReceiptSummaries,
    private readonly outbox: Outbox,
  ) {}

  tell(moved: readonly MovedMark[], audiences: ReadonlyMap<string, Audience>): void {
    const ticket = new CommitTicket();
    const records: Outgoing[] = [];
    for (const mark of moved) {
      const audience = audiences.get(mark.conversationId);
      if (audience) this.tellOne(mark, audience, ticket, records);
    }
    if (records.length > 0) this.outbox.add(records);
  }

  private tellOne(mark: MovedMark, audience: Audience, ticket: CommitTicket, records: Outgoing[]): void {
    const { conversationId, userId, deliveredSeq, readSeq, isImplied, hasReadOn, isBlocked } = mark;
    if (audience.isLarge) this.summaries.touch(conversationId, hasReadOn && !isImplied);
    if (isImplied) return;
    const body = JSON.stringify({ conversationId, userId, deliveredSeq, readSeq });
    const isForAll = !audience.isLarge && !isBlocked;
    const routes = isForAll ? this.routes.toAllMembers(audience) : this.routes.toUsers([userId]);
    records.push(...liveDeliveries(routes, 'receipt.advanced', body, ticket));
  }
}
