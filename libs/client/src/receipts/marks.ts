import { type Member, type Message, type Receipt, type ReceiptCount } from '@parley/contracts';

/** How many of the others have a message. */
export interface Reach {
  readonly deliveredCount: number;
  readonly readCount: number;
  /** Whom it is for; null in groups that are too large to count here. */
  readonly audience: number | null;
}

const none: Receipt = { userId: '', deliveredSeq: 0, readSeq: 0 };

/** How far everybody in one conversation has come. Marks only go up: what is told late, or twice, changes nothing. */
export class Marks {
  private readonly receipts = new Map<string, Receipt>();
  private readonly counts = new Map<number, ReceiptCount>();

  of(userId: string): Receipt {
    return this.receipts.get(userId) ?? none;
  }

  /** @returns whether anything moved */
  advance({ userId, deliveredSeq, readSeq }: Receipt): boolean {
    const held = this.of(userId);
    const read = Math.max(held.readSeq, readSeq);
    const delivered = Math.max(held.deliveredSeq, deliveredSeq, read);
    if (read === held.readSeq && delivered === held.deliveredSeq) return false;
    this.receipts.set(userId, { userId, deliveredSeq: delivered, readSeq: read });
    return true;
  }

  /** Counts of a large group; they only go up too. */
  summarize(counts: readonly ReceiptCount[]): boolean {
    let moved = false;
    for (const { seq, deliveredCount, readCount } of counts) {
      const held = this.counts.get(seq);
      const delivered = Math.max(held?.deliveredCount ?? 0, deliveredCount);
      const read = Math.max(held?.readCount ?? 0, readCount);
      if (delivered === held?.deliveredCount && read === held.readCount) continue;
      this.counts.set(seq, { seq, deliveredCount: delivered, readCount: read });
      moved = true;
    }
    return moved;
  }

  /** @param members null where not all are known */
  reach({ seq, senderId, createdVersion }: Message, members: readonly Member[] | null): Reach {
    const told = this.counts.get(seq);
    if (told || !members) {
      return { deliveredCount: told?.deliveredCount ?? 0, readCount: told?.readCount ?? 0, audience: null };
    }
    let deliveredCount = 0;
    let readCount = 0;
    let audience = 0;
    for (const { userId, joinedVersion, leftVersion, visibleFromSeq } of members) {
      if (userId === senderId || leftVersion !== null) continue;
      if (joinedVersion > createdVersion || visibleFromSeq > seq) continue;
      const mark = this.of(userId);
      audience += 1;
      if (mark.deliveredSeq >= seq) deliveredCount += 1;
      if (mark.readSeq >= seq) readCount += 1;
    }
    return { deliveredCount, readCount, audience };
  }
}
