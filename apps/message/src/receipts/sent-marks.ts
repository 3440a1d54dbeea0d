import { MergedMarks, type Mark } from './marks.js';

/**
 * Who sent a message has read it. Stored apart from the message and a little later, so that no send waits for it; what
 * a crash loses here, the reader of lists finds in the messages themselves.
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
