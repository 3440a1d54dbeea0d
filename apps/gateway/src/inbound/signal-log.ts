import { Injectable } from '@nestjs/common';
import {
  type ReceiptAdvance,
  Refusal,
  type SignalOf,
  type SignalRecord,
  timing,
  topics,
  type TypingSet,
} from '@parley/contracts';
import { BackgroundPublisher, type OutgoingRecord } from '@parley/event-bus';
import { PendingRequests } from '@parley/sessions';
import { GatewayLimits } from '../limits.js';
import { GatewayMetrics } from '../metrics.js';
import type { Session } from '../sessions/session.js';
import { MergingPublisher } from './merging-publisher.js';

type Mark = SignalOf<'receipt.advance'>;
type Typing = SignalOf<'typing.set'>;

/** A mark may wait for the publish under way and then for its own, and is answered within the time of any command. */
const publishTimeoutMs = timing.answerTimeoutMs / 2;
/** Who typed longer ago than this may have ceased since. Milliseconds. */
const typingFreshMs = 1_500;
/** People who type at once, beyond which more of it is dropped. */
const maxTyping = 2_000;

/**
 * Passes on what may never delay a message: over connections of its own, receipts and typing apart from one another.
 * Under load typing is dropped first.
 */
@Injectable()
export class SignalLog {
  private readonly marks: MergingPublisher<Mark>;
  private readonly typing: MergingPublisher<Typing>;

  constructor(
    publisher: BackgroundPublisher,
    private readonly pending: PendingRequests,
    private readonly limits: GatewayLimits,
    private readonly metrics: GatewayMetrics,
  ) {
    const common = { toRecord, gatherMs: timing.receiptMergeMs, timeoutMs: publishTimeoutMs };
    this.marks = new MergingPublisher<Mark>(publisher, {
      ...common,
      merge: mergeMarks,
      onPublished: (records) => metrics.signals.inc({ kind: 'receipt.advance' }, records),
    });
    this.typing = new MergingPublisher<Typing>(publisher, {
      ...common,
      merge: (_, latter) => latter,
      freshMs: typingFreshMs,
      onPublished: (records) => metrics.signals.inc({ kind: 'typing.set' }, records),
    });
  }

  /**
   * Resolves when the marks, merged with others of the same device and conversation, stand in the log.
   * @throws Refusal `OVERLOADED` at once; `UNAVAILABLE` when the log did not confirm it
   */
  async advance(session: Session, { conversationId, deliveredSeq, readSeq }: ReceiptAdvance): Promise<void> {
    if (this.marks.size >= this.limits.commandsQueued) {
      throw new Refusal('OVERLOADED', 'This gateway has too many receipts under way: try again.', {
        retryAfterMs: 1_000,
      });
    }
    const mark: Mark = {
      kind: 'receipt.advance',
      conversationId,
      userId: session.userId,
      deviceId: session.deviceId,
      ...(deliveredSeq === undefined ? {} : { deliveredSeq }),
      ...(readSeq === undefined ? {} : { readSeq }),
      deviceActive: session.state === 'active',
    };
    try {
      await this.marks.add(`${session.deviceKey}/${conversationId}`, mark);
    } catch (error) {
      throw new Refusal('UNAVAILABLE', 'The receipt could not be passed on: try again.', {
        outcome: 'unknown',
        retryAfterMs: 1_000,
        cause: error,
      });
    }
  }

  /** Nobody waits for what becomes of it. */
  setTyping({ userId }: Session, { conversationId, active }: TypingSet): void {
    const isBusy = this.pending.size > this.limits.commandsQueued / 4;
    if (isBusy || this.typing.size >= maxTyping) {
      this.metrics.typingDropped.inc();
      return;
    }
    const typing: Typing = { kind: 'typing.set', conversationId, userId, active };
    this.typing.add(`${userId}/${conversationId}`, typing).catch(() => this.metrics.typingDropped.inc());
  }
}

/** The higher of each mark; whether the device is in use, as it was last. */
function mergeMarks(former: Mark, latter: Mark): Mark {
  const deliveredSeq = higher(former.deliveredSeq, latter.deliveredSeq);
  const readSeq = higher(former.readSeq, latter.readSeq);
  return {
    ...latter,
    ...(deliveredSeq === undefined ? {} : { deliveredSeq }),
    ...(readSeq === undefined ? {} : { readSeq }),
  };
}

function higher(one: number | undefined, other: number | undefined): number | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return Math.max(one, other);
}

function toRecord(signal: SignalRecord): OutgoingRecord {
  return {
    topic: topics.conversationSignals.name,
    partitionBy: signal.conversationId,
    value: JSON.stringify(signal),
  };
}
