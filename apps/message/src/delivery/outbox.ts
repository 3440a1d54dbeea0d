import { setTimeout as pause } from 'node:timers/promises';
import { inboxTopic } from '@parley/contracts';
import {
  type OutgoingRecord,
  PublishError,
  type Publisher,
  type TopicAdmin,
  type WrittenAt,
} from '@parley/event-bus';
import { type Counter, type Histogram, type Log } from '@parley/service';
import { type InboxAddress, type Outgoing } from './outgoing.js';
import { PublishingLane } from './publishing-lane.js';

/** Which lives have ended, as far as delivery has to know. */
export interface EndedLives {
  /** True once the log says that this life ended or that a newer one began in its slot. */
  hasEnded(slot: string, incarnation: number): boolean;
}

export interface OutboxMetrics {
  readonly publishSeconds: Histogram;
  readonly publishSize: Histogram;
  readonly givenUp: Counter;
}

export interface OutboxOptions {
  readonly metrics: OutboxMetrics;
  /** Records on their way beyond which no further commands are taken. */
  readonly maxWaiting?: number;
}

/** A topic that does not answer holds the others up this long, once; from then on it is served apart. */
const PUBLISH_TIMEOUT_MS = 2_000;
/** The others do not wait longer for an inbox that nothing is known of yet; it is tried again apart. */
const ENSURE_TIMEOUT_MS = 2_000;
const APART_TIMEOUT_MS = 5_000;
const MAX_WAITING = 100_000;

/**
 * Publishes what follows from commands, in the order of the versions, and again until it is confirmed. A topic that
 * fails while others answer gets a lane of its own until it has recovered, or, being the inbox of a life that has
 * ended, is given up.
 */
export class Outbox {
  private readonly main: PublishingLane<Outgoing>;
  private readonly apart = new Map<string, PublishingLane<Outgoing>>();
  private readonly ensured = new Set<string>();
  private waiting = 0;
  private roomWaiters: (() => void)[] = [];

  constructor(
    private readonly publisher: Publisher,
    private readonly topics: TopicAdmin,
    private readonly lives: EndedLives,
    private readonly log: Log,
    private readonly options: OutboxOptions,
  ) {
    this.main = new PublishingLane(
      this.ensuring(),
      PUBLISH_TIMEOUT_MS,
      (records) => this.confirm(records),
      (unconfirmed, of, error) => this.separate(unconfirmed, of, error),
    );
  }

  add(records: readonly Outgoing[]): void {
    for (const { ticket } of records) ticket.hold();
    this.waiting += records.length;
    if (this.apart.size === 0) {
      this.main.add(records);
      return;
    }
    for (const record of records) (this.apart.get(record.topic) ?? this.main).add([record]);
  }

  /** Records that are not confirmed yet. */
  get size(): number {
    return this.waiting;
  }

  /** Resolves when there is room for what the next commands bring. */
  async room(): Promise<void> {
    while (this.waiting > (this.options.maxWaiting ?? MAX_WAITING)) {
      await new Promise<void>((resolve) => this.roomWaiters.push(resolve));
    }
  }

  /** Resolves when everything is confirmed or given up. */
  async emptied(): Promise<void> {
    while (this.waiting > 0) await new Promise<void>((resolve) => this.roomWaiters.push(resolve));
  }

  private confirm(records: readonly Outgoing[]): void {
    this.waiting -= records.length;
    for (const { ticket } of records) ticket.release();
    const waiters = this.roomWaiters;
    this.roomWaiters = [];
    for (const resolve of waiters) resolve();
  }

  /** A topic must be made known before it is written to; inboxes come and go with gateways. */
  private ensuring(): Publisher {
    return {
      publish: async (records, options) => {
        const away = await this.ensureInboxes(records as readonly Outgoing[]);
        if (away.length === 0) return this.publish(records, options);
        await this.publishWithout(away, records, options);
        throw new PublishError('an inbox cannot be made known', away);
      },
    };
  }

  private async publish(
    records: readonly OutgoingRecord[],
    options: { timeoutMs?: number } | undefined,
  ): Promise<WrittenAt[]> {
    const began = performance.now();
    const written = await this.publisher.publish(records, options);
    this.options.metrics.publishSeconds.observe((performance.now() - began) / 1000);
    this.options.metrics.publishSize.observe(records.length);
    return written;
  }

  /** Indexes of the records whose inbox cannot be made known now. */
  private async ensureInboxes(records: readonly Outgoing[]): Promise<number[]> {
    const missing = new Set<string>();
    for (const { inbox } of records) {
      if (inbox !== null && !this.ensured.has(inbox.slot)) missing.add(inbox.slot);
    }
    if (missing.size === 0) return [];
    await Promise.race([
      Promise.all([...missing].map(async (slot) => (await this.ensure(slot)) && missing.delete(slot))),
      pause(ENSURE_TIMEOUT_MS, undefined, { ref: false }),
    ]);
    return [...records.keys()].filter((index) => missing.has(records[index]?.inbox?.slot ?? ''));
  }

  private async ensure(slot: string): Promise<boolean> {
    try {
      await this.topics.ensure([inboxTopic(slot)]);
      this.ensured.add(slot);
      return true;
    } catch (error) {
      this.log.warn({ err: error, slot }, 'an inbox cannot be made known');
      return false;
    }
  }

  private async publishWithout(
    away: readonly number[],
    records: readonly OutgoingRecord[],
    options: { timeoutMs?: number } | undefined,
  ): Promise<void> {
    const left = [...records.keys()].filter((index) => !away.includes(index));
    if (left.length === 0) return;
    try {
      await this.publisher.publish(
        left.flatMap((index) => records[index] ?? []),
        options,
      );
    } catch (error) {
      const unconfirmed = error instanceof PublishError ? error.unconfirmed : [...left.keys()];
      const indexes = [...away, ...unconfirmed.flatMap((index) => left[index] ?? [])].sort((a, b) => a - b);
      throw new PublishError('records are not confirmed', indexes, { cause: error });
    }
  }

  private separate(unconfirmed: Outgoing[], of: readonly Outgoing[], error: Error): Outgoing[] {
    const failed = new Set(unconfirmed.map(({ topic }) => topic));
    this.log.warn(
      { err: error, topics: [...failed], records: unconfirmed.length },
      'a publish is not confirmed',
    );
    // Nothing at all was confirmed, of several topics: that is the broker, not a topic.
    if (unconfirmed.length === of.length && failed.size > 1) return unconfirmed;
    const later = this.main.remove(({ topic }) => failed.has(topic));
    for (const topic of failed) {
      this.apart.set(topic, this.openLane(topic));
    }
    for (const record of [...unconfirmed, ...later]) this.apart.get(record.topic)?.add([record]);
    return [];
  }

  private openLane(topic: string): PublishingLane<Outgoing> {
    return new PublishingLane(
      this.ensuring(),
      APART_TIMEOUT_MS,
      (records) => this.confirm(records),
      (unconfirmed) => this.giveUpEnded(unconfirmed),
      () => this.apart.delete(topic),
    );
  }

  private giveUpEnded(unconfirmed: Outgoing[]): Outgoing[] {
    const given = unconfirmed.filter(({ inbox }) => inbox !== null && this.hasEnded(inbox));
    if (given.length === 0) return unconfirmed;
    this.options.metrics.givenUp.inc(given.length);
    this.log.info(
      { records: given.length, topic: given[0]?.topic },
      'an inbox is given up: its process has ended',
    );
    this.confirm(given);
    const gone = new Set(given);
    return unconfirmed.filter((record) => !gone.has(record));
  }

  private hasEnded({ slot, incarnation }: InboxAddress): boolean {
    return this.lives.hasEnded(slot, incarnation);
  }
}
