import { type Receipt, type ReceiptAdvanced, type ReceiptSummarized } from '@parley/contracts';
import { Marks } from './marks.js';
import { type ReceiptSender } from './receipt-sender.js';

/** The marks of all conversations, and one's own on their way to the server. */
export class Receipts {
  /** Known from the first session on. */
  userId = '';
  private readonly marks = new Map<string, Marks>();

  constructor(
    private readonly sender: ReceiptSender,
    private readonly moved: (receipt: ReceiptAdvanced) => void,
    private readonly summarized: (summary: ReceiptSummarized) => void,
  ) {}

  of(conversationId: string): Marks {
    const held = this.marks.get(conversationId) ?? new Marks();
    this.marks.set(conversationId, held);
    return held;
  }

  own(conversationId: string): Receipt {
    return this.of(conversationId).of(this.userId);
  }

  advance(conversationId: string, receipt: Receipt): void {
    if (!this.of(conversationId).advance(receipt)) return;
    const { deliveredSeq, readSeq } = this.of(conversationId).of(receipt.userId);
    this.moved({ conversationId, userId: receipt.userId, deliveredSeq, readSeq });
  }

  summarize(summary: ReceiptSummarized): void {
    if (this.of(summary.conversationId).summarize(summary.counts)) this.summarized(summary);
  }

  /** One's own marks, set on another device or told before. */
  ownMoved({ conversationId, deliveredSeq, readSeq }: Omit<ReceiptAdvanced, 'userId'>): void {
    this.advance(conversationId, { userId: this.userId, deliveredSeq, readSeq });
  }

  /** This device holds everything up to there. */
  deliver(conversationId: string, seq: number): void {
    if (seq <= this.own(conversationId).deliveredSeq) return;
    this.advance(conversationId, { userId: this.userId, deliveredSeq: seq, readSeq: 0 });
    this.sender.delivered(conversationId, seq);
  }

  /**
   * Marks reach as far as the last message: what a mark beyond it would mean is not written yet.
   * @param lastSeq of what this device holds; null while it does not know: then the server, which does, tells the mark
   */
  read(conversationId: string, seq: number, lastSeq: number | null): void {
    const readSeq = Math.min(seq, lastSeq ?? seq);
    if (readSeq <= this.own(conversationId).readSeq) return;
    if (lastSeq !== null)
      this.advance(conversationId, { userId: this.userId, deliveredSeq: readSeq, readSeq });
    this.sender.read(conversationId, readSeq);
  }

  /** Who wrote a message has read the conversation up to it: nobody tells that apart. */
  wrote(conversationId: string, userId: string, seq: number): void {
    this.advance(conversationId, { userId, deliveredSeq: seq, readSeq: seq });
  }

  forget(): void {
    this.marks.clear();
  }
}
