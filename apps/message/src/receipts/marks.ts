/** How far somebody has come in a conversation. 0: nothing is said about it. */
export interface Mark {
  readonly conversationId: string;
  readonly userId: string;
  readonly deliveredSeq: number;
  /** What is read is delivered, too. */
  readonly readSeq: number;
  /** It follows from a message of their own, which tells everybody by itself. */
  readonly isImplied: boolean;
}

export function keyOf({ conversationId, userId }: Pick<Mark, 'conversationId' | 'userId'>): string {
  return `${conversationId}/${userId}`;
}

/** Marks that wait, merged: of each person and conversation the highest. They commute, so no order is lost. */
export class MergedMarks {
  private readonly marks = new Map<string, Mark>();

  get size(): number {
    return this.marks.size;
  }

  add(mark: Mark): void {
    const key = keyOf(mark);
    const other = this.marks.get(key);
    this.marks.set(key, other === undefined ? mark : merge(other, mark));
  }

  /** Takes out all of them. */
  drain(): Mark[] {
    const marks = [...this.marks.values()];
    this.marks.clear();
    return marks;
  }
}

function merge(one: Mark, other: Mark): Mark {
  return {
    conversationId: one.conversationId,
    userId: one.userId,
    deliveredSeq: Math.max(one.deliveredSeq, other.deliveredSeq),
    readSeq: Math.max(one.readSeq, other.readSeq),
    isImplied: one.isImplied && other.isImplied,
  };
}
