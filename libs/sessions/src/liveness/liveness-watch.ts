import { randomUUID } from 'node:crypto';
import { formatSessionId, type InstanceRecord, inboxTopic, timing, topics } from '@parley/contracts';
import { encodeDied } from '@parley/contracts/inbox';
import type { OutgoingRecord } from '@parley/event-bus';
import type { SessionDirectory } from '../directory/session-directory.js';
import { sessionKey } from '../directory/session-table.js';
import type { InstanceLog, Life } from '../instances/instance-log.js';
import { type Later, later } from '../later.js';
import type { SessionsLog } from '../log.js';
import type { SessionBus } from '../session-bus.js';

export interface ObserverPace {
  readonly heartbeatMs?: number;
  readonly later?: Later;
  readonly now?: () => number;
}

export interface ObservedWorld {
  readonly bus: Pick<SessionBus, 'publisher' | 'topics'>;
  readonly instances: InstanceLog;
  readonly directory: SessionDirectory;
  readonly log: SessionsLog;
}

/** Tombstones in one publish. */
const maxSwept = 5_000;

/**
 * One observer's time in office. Its clock is the log: it writes a tick, and the next one a pause after it has
 * read that one back. Whoever let four ticks in a row go by without a heartbeat is declared dead. While the broker
 * stalls no tick comes back, so nobody is.
 */
export class LivenessWatch {
  private readonly observer = randomUUID();
  private readonly heartbeatMs: number;
  private readonly later: Later;
  private readonly now: () => number;
  /** Ticks since the last sign of life, by `slot/incarnation`. */
  private readonly missed = new Map<string, number>();
  private readonly stopListening: () => void;
  private callOff: (() => void) | undefined;
  private tick = 0;
  private tickWrittenAt = 0;
  private awaitingTick = false;
  private acting = false;
  private over = false;
  /** Incarnations with sessions but without a record when the last tick was written. */
  private strangers = new Set<string>();
  /** After a gap even who lives is a stranger until its next beat. */
  private strangersCountFrom = 0;

  constructor(
    private readonly world: ObservedWorld,
    pace: ObserverPace,
  ) {
    this.heartbeatMs = pace.heartbeatMs ?? timing.heartbeatMs;
    this.later = pace.later ?? later;
    this.now = pace.now ?? (() => performance.now());
    this.stopListening = world.instances.listen({
      onRead: (record) => this.read(record),
      onEnded: (life) => this.missed.delete(keyOf(life)),
      onGap: () => this.startAnew(),
    });
    this.nextTick();
  }

  end(): void {
    this.over = true;
    this.stopListening();
    this.callOff?.();
  }

  private nextTick(): void {
    this.tick += 1;
    this.awaitingTick = true;
    this.tickWrittenAt = this.now();
    this.strangers.clear();
    if (this.tick >= this.strangersCountFrom) {
      for (const { life } of this.world.directory.orphans()) this.strangers.add(keyOf(life));
    }
    void this.writeTick(this.tick);
  }

  private async writeTick(tick: number): Promise<void> {
    const record: InstanceRecord = { event: 'liveness.ticked', observer: this.observer, tick };
    try {
      await this.world.bus.publisher.publish([instanceRecord('observer', record)]);
    } catch (error) {
      this.world.log.warn({ err: error }, 'a tick could not be written');
      // It may come to be written nevertheless: then reading it back goes on, and this one is not repeated.
      if (this.over) return;
      this.callOff = this.later(this.heartbeatMs, () => {
        if (this.awaitingTick && this.tick === tick) void this.writeTick(tick);
      });
    }
  }

  private read(record: InstanceRecord): void {
    if (record.event === 'process.beat') this.missed.delete(keyOf(record));
    const own = record.event === 'liveness.ticked' && record.observer === this.observer;
    if (!own || record.tick !== this.tick || !this.awaitingTick) return;
    this.awaitingTick = false;
    this.count();
    void this.act();
    this.callOff?.();
    this.callOff = this.later(this.heartbeatMs, () => this.nextTick());
  }

  private startAnew(): void {
    this.missed.clear();
    this.strangers.clear();
    this.strangersCountFrom = this.tick + timing.ticksUntilDead;
  }

  private count(): void {
    // The log was slow or away: others need as long as we did to find back, so everybody gets a new chance.
    if (this.now() - this.tickWrittenAt > 2 * this.heartbeatMs) this.missed.clear();
    for (const life of this.world.instances.alive()) {
      this.missed.set(keyOf(life), (this.missed.get(keyOf(life)) ?? 0) + 1);
    }
  }

  private async act(): Promise<void> {
    if (this.acting) return;
    this.acting = true;
    try {
      const silent = this.world.instances
        .alive()
        .filter((life) => (this.missed.get(keyOf(life)) ?? 0) >= timing.ticksUntilDead);
      if (silent.length > 0) await this.declareDead(silent);
      await this.sweep();
    } catch (error) {
      this.world.log.warn(
        { err: error },
        'a death or its consequences could not be written: again at the next tick',
      );
    } finally {
      this.acting = false;
    }
  }

  private async declareDead(lives: readonly Life[]): Promise<void> {
    this.world.log.warn({ lives }, 'no sign of life: declared dead');
    await this.world.bus.publisher.publish(
      lives.map(({ slot, incarnation }) =>
        instanceRecord(slot, { event: 'process.died', slot, incarnation }),
      ),
    );
    await Promise.all(lives.map((life) => this.tellInbox(life)));
  }

  /** Only so that it learns of it sooner: it reads the log of instances too. */
  private async tellInbox({ slot, incarnation }: Life): Promise<void> {
    const inbox = inboxTopic(slot);
    try {
      await this.world.bus.topics.ensure([inbox]);
      await this.world.bus.publisher.publish([{ topic: inbox.name, value: encodeDied(incarnation) }]);
    } catch (error) {
      this.world.log.warn({ err: error, slot, incarnation }, 'a dead process could not be told');
    }
  }

  /**
   * Ends sessions whose incarnation has ended; and those of an incarnation without any record: its start was
   * written before its sessions were announced, so it would have been read before the tick that was written after them.
   */
  private async sweep(): Promise<void> {
    const { bus, directory, instances, log } = this.world;
    const tombstones: OutgoingRecord[] = [];
    for (const { life, userId, counter } of directory.orphans()) {
      const ended = instances.hasEnded(life.slot, life.incarnation);
      if (!ended && (!this.strangers.has(keyOf(life)) || instances.isAlive(life.slot, life.incarnation)))
        continue;
      const key = sessionKey(userId, formatSessionId({ ...life, counter }));
      tombstones.push({ topic: topics.sessions.name, key, partitionBy: userId, value: null });
    }
    for (let from = 0; from < tombstones.length; from += maxSwept) {
      await bus.publisher.publish(tombstones.slice(from, from + maxSwept));
    }
    if (tombstones.length > 0)
      log.info({ sessions: tombstones.length }, 'sessions of dead processes were ended');
  }
}

function keyOf({ slot, incarnation }: Life): string {
  return `${slot}/${incarnation}`;
}

function instanceRecord(key: string, record: InstanceRecord): OutgoingRecord {
  return { topic: topics.instances.name, key, value: JSON.stringify(record) };
}
