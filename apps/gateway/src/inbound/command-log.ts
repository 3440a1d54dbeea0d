import { Injectable } from '@nestjs/common';
import type { Outcome } from '@parley/contracts';
import { type OutgoingRecord, PublishError, Publisher } from '@parley/event-bus';
import { GatewayMetrics } from '../metrics.js';

/** A command on its way into the log. */
export interface Appending {
  /** What keeps its order: a socket. */
  readonly lane: object;
  readonly record: OutgoingRecord;
  /** False once nobody waits for it any more: it is left out, its sender was told that it may be. */
  isWanted(): boolean;
  /** @param outcome `none` when it certainly was not written */
  onFailed(outcome: Outcome): void;
}

/** The most commands in one publish. */
const maxRecords = 1_000;

/**
 * Appends commands with one publish under way at a time; everything that arrives meanwhile goes into the next. So
 * order holds, and batches form by themselves when it matters. When a publish fails, whatever waits behind it in the
 * same lanes fails too, or it would overtake.
 */
@Injectable()
export class CommandLog {
  private waiting: Appending[] = [];
  private publishing = false;

  constructor(
    private readonly publisher: Publisher,
    private readonly metrics: GatewayMetrics,
  ) {}

  append(appending: Appending): void {
    this.waiting.push(appending);
    if (this.publishing) return;
    this.publishing = true;
    // After the other packets of the same read, which socket.io hands over in ticks of their own.
    queueMicrotask(() => void this.publishAll());
  }

  private async publishAll(): Promise<void> {
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0, maxRecords).filter((appending) => appending.isWanted());
      if (batch.length > 0) await this.publish(batch);
    }
    this.publishing = false;
  }

  private async publish(batch: readonly Appending[]): Promise<void> {
    const begin = performance.now();
    try {
      await this.publisher.publish(batch.map(({ record }) => record));
    } catch (error) {
      this.fail(error instanceof PublishError ? error.unconfirmed.flatMap((i) => batch[i] ?? []) : batch);
    }
    this.metrics.produced(performance.now() - begin);
  }

  private fail(unconfirmed: readonly Appending[]): void {
    const lanes = new Set(unconfirmed.map(({ lane }) => lane));
    const behind = this.waiting.filter(({ lane }) => lanes.has(lane));
    this.waiting = this.waiting.filter(({ lane }) => !lanes.has(lane));
    for (const appending of unconfirmed) appending.onFailed('unknown');
    for (const appending of behind) appending.onFailed('none');
  }
}
