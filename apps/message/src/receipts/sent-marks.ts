import { MergedMarks, type Mark } from './marks.js';

/**
 * Who sent a message has read it. Stored apart from the message and a little later, so that no send waits for it, and no
 * commit: a database that takes messages but no receipts would hold all of them back for ever, and every stop. What a
 * crash loses here comes with the sender's next message or mark; until then the reader of lists finds it in the messages
 * themselves, among the newest 100.
 */
export class SentMarks {
  private readonly marks = new MergedMarks();

  note(conversationId: string, userId: string, seq: number): void {
    this.marks.add({ conversationId, userId, deliveredSeq: seq, readSeq: seq, isImplied: true });
  }

  drain(): Mark[] {
    return this.marks.drain();
  }
}
