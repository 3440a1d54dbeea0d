import { setTimeout as sleep } from 'node:timers/promises';
import { type Receipt, type ReceiptPut, Refusal, type SignalRecord, timing, topics } from '@parley/contracts';
import { type Publisher } from '@parley/event-bus';
import { type VerifiedToken } from '@parley/service';
import { type ReceiptReader } from './receipt-reader.js';
import { type Mark } from './marks.js';

/** REST's way to raise marks: stored when it is answered, so that a list read after it shows it. */
export class OwnReceipts {
  constructor(
    private readonly marks: { advance(mark: Mark): Promise<void> },
    private readonly reader: ReceiptReader,
    private readonly publisher: Publisher,
  ) {}

  /**
   * @returns the marks as they stand now
   * @throws Refusal `NOT_FOUND` unless the user is a member; `UNAVAILABLE` while database or log are away
   */
  async advance(
    { userId, deviceId }: Pick<VerifiedToken, 'userId' | 'deviceId'>,
    conversationId: string,
    { deliveredSeq, readSeq }: ReceiptPut,
  ): Promise<Receipt> {
    await this.reader.own(userId, conversationId);
    await this.inTime(
      this.marks.advance({
        conversationId,
        userId,
        deliveredSeq: deliveredSeq ?? 0,
        readSeq: readSeq ?? 0,
        isImplied: false,
      }),
    );
    const signal: SignalRecord = {
      kind: 'receipt.advance',
      conversationId,
      userId,
      deviceId: deviceId ?? null,
      ...(deliveredSeq === undefined ? {} : { deliveredSeq }),
      ...(readSeq === undefined ? {} : { readSeq }),
      deviceActive: true,
    };
    const topic = topics.conversationSignals.name;
    const record = { topic, partitionBy: conversationId, value: JSON.stringify(signal) };
    // For whoever else follows the log of signals; here it moves nothing any more.
    await this.publisher
      .publish([record], { timeoutMs: timing.produceTimeoutMs })
      .catch((error: unknown) => Promise.reject(unavailable(error)));
    return this.reader.own(userId, conversationId);
  }

  private async inTime(stored: Promise<void>): Promise<void> {
    const ended = new AbortController();
    const limit = sleep(timing.answerTimeoutMs, 'late', { signal: ended.signal }).catch(() => 'ended');
    try {
      if ((await Promise.race([stored, limit])) === 'late') throw unavailable();
    } finally {
      ended.abort();
      stored.catch(() => undefined);
    }
  }
}

function unavailable(cause?: unknown): Refusal {
  return new Refusal('UNAVAILABLE', 'The receipt is not passed on yet: try again.', {
    outcome: 'unknown',
    retryAfterMs: 1_000,
    cause,
  });
}
