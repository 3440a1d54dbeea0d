import {
  type Ack,
  type Receipt,
  type ReceiptPut,
  Refusal,
  type SignalRecord,
  timing,
  topics,
} from '@parley/contracts';
import { type Publisher } from '@parley/event-bus';
import { type VerifiedToken } from '@parley/service';
import { type WaitingRequests } from '../inbound/command-sender.js';
import { refusalIn } from '../messages/command-result.js';
import { type ReceiptReader } from './receipt-reader.js';

/**
 * REST's way to raise marks: the same log that sockets write to, so that one process at a time tells of a conversation.
 * Stored when it is answered, with what the own messages say beside it, so that whatever is read after it agrees.
 */
export class OwnReceipts {
  constructor(
    private readonly reader: ReceiptReader,
    private readonly publisher: Publisher,
    private readonly process: { readonly slot: string; readonly incarnation: number },
    private readonly waiting: WaitingRequests,
  ) {}

  /**
   * @returns the marks as they stand now
   * @throws Refusal `NOT_FOUND` unless the user is a member; `INVALID` where it cannot be stored; `UNAVAILABLE` or `TIMEOUT`, outcome `unknown`
   */
  async advance(
    { userId, deviceId }: Pick<VerifiedToken, 'userId' | 'deviceId'>,
    conversationId: string,
    { deliveredSeq, readSeq = 0 }: ReceiptPut,
  ): Promise<Receipt> {
    const before = await this.reader.own(userId, conversationId);
    await this.submit({
      kind: 'receipt.advance',
      conversationId,
      userId,
      deviceId: deviceId ?? null,
      ...(deliveredSeq === undefined ? {} : { deliveredSeq }),
      // What one has read on another device is read; what was delivered to another is not delivered to this one.
      readSeq: Math.max(before.readSeq, readSeq),
      deviceActive: true,
    });
    return this.reader.own(userId, conversationId);
  }

  private async submit(signal: SignalRecord): Promise<void> {
    const { request, ack } = this.waiting.openPromise();
    // It may time out while the publish is still under way; whoever awaits it below is told.
    ack.catch(() => undefined);
    const { slot, incarnation } = this.process;
    const value = JSON.stringify({ ...signal, origin: { slot, incarnation, session: null, request } });
    const record = { topic: topics.conversationSignals.name, partitionBy: signal.conversationId, value };
    try {
      await this.publisher.publish([record], { timeoutMs: timing.produceTimeoutMs });
    } catch (error) {
      this.waiting.cancel(request);
      throw new Refusal('UNAVAILABLE', 'The receipt could not be passed on: try again.', {
        outcome: 'unknown',
        retryAfterMs: 1_000,
        cause: error,
      });
    }
    const answer = JSON.parse((await ack).toString('utf8')) as Ack<unknown>;
    if (!answer.ok) throw refusalIn(answer.error);
  }
}
