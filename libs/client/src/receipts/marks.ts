import { type Member, type Message, type Receipt, type ReceiptCount } from '@parley/contracts';

/** How many of the others have a message; in large groups as far as that is known here. */
export interface Reach {
  readonly deliveredCount: number;
  readonly readCount: number;
  /** Whom it is for; null in groups that are too large to count here. */
  readonly audience: number | null;
}

/** As many messages as a device holds of a conversation. */
const COUNTS_KEPT = 2_000;

const none: Receipt = { userId: '', deliveredSeq: 0, readSeq: 0 };

/** How far everybody in one conversation has come. Marks only go up: what is told late, or twice, changes nothing. */
export class Marks {
  /** Everybody's were asked for, once at least. */
  areAllKnown = false;
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
    for (const seq of this.counts.keys()) {
      if (this.counts.size <= COUNTS_KEPT) break;
      this.counts.delete(seq);
    }
    return moved;
  }

  /** @param members null where not all are known: then the server counts, and until it has, those whose marks are known */
  reach({ seq, senderId, createdVersion }: Message, members: readonly Member[] | null): Reach {
    const told = members ? undefined : this.counts.get(seq);
    if (told) return { deliveredCount: told.deliveredCount, readCount: told.readCount, audience: null };
    const isFor = ({ userId, joinedVersion, leftVersion, visibleFromSeq }: Member): boolean =>
      userId !== senderId && leftVersion === null && joinedVersion <= createdVersion && visibleFromSeq <= seq;
    const audience = members?.filter(isFor).map(({ userId }) => this.of(userId));
    const marks = audience ?? [...this.receipts.values()].filter(({ userId }) => userId !== senderId);
    return {
      deliveredCount: marks.filter(({ deliveredSeq }) => deliveredSeq >= seq).length,
      readCount: marks.filter(({ readSeq }) => readSeq >= seq).length,
      audience: audience?.length ?? null,
    };
  }
}
