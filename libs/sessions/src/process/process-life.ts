import { randomUUID } from 'node:crypto';
import { type InstanceRecord, inboxTopic, timing, topics } from '@parley/contracts';
import { decodeInboxItem, encodePing, type InboxItem } from '@parley/contracts/inbox';
import type { Following, Jump, ReceivedRecord } from '@parley/event-bus';
import { readInstanceRecord } from '../instances/read-instance-record.js';
import { type Later, later } from '../later.js';
import type { SessionsLog } from '../log.js';
import type { SessionBus } from '../session-bus.js';

/** What the inbox carries for the process itself. */
export type InboxMessage = Extract<InboxItem, { kind: 'reply' | 'deliver' }>;

/** None of them may throw, `onItems` apart: what it throws is logged, and the items count as lost. */
export interface ProcessHandlers {
  /** What one read of the inbox held for any incarnation of this process, in order. */
  onItems(items: readonly InboxMessage[]): void | Promise<void>;
  /** Items of the inbox are lost: gone before they were read, unreadable, or not handled. */
  onJump(): void;
  /** It was declared dead and lives again: sessions count only once they are announced under the new incarnation. */
  onNewIncarnation(current: number, former: number): void;
  /** Another process lives in this slot now: this one has to end. Called once, nothing is written or handed over after it. */
  onSuperseded(): void;
}

export interface ProcessIdentity {
  readonly slot: string;
  readonly service: 'gateway' | 'message';
}

export interface ProcessPace {
  readonly heartbeatMs?: number;
  readonly later?: Later;
}

/**
 * One process's life in its slot: its inbox, its start record, its heartbeats. It beats only after it heard its own
 * ping in its inbox, because a process that cannot hear is of no use to anybody.
 *
 * An incarnation is taken when its start record is read in `instances`, not when the write is confirmed: a write
 * that seemed to fail may come to be later, and the log decides for everybody else too.
 */
export class ProcessLife {
  private readonly inbox: ReturnType<typeof inboxTopic>;
  /** Tells our own start records from those of others in the slot. */
  private readonly nonce = randomUUID();
  private readonly incarnations = new Set<number>();
  private readonly started: Promise<number>;
  private tellStarted: (incarnation: number) => void = () => undefined;
  private readonly heartbeatMs: number;
  private readonly later: Later;
  private following: Following | undefined;
  private running: Promise<void> | undefined;
  private current = -1;
  private pings = 0;
  private needsStart = true;
  /** The next offset to read in `instances`. */
  private readUpTo = 0;
  /** Its end when the death was found. */
  private logEnd: number | undefined;
  private beating = false;
  private stopping = false;
  private superseded = false;
  /** The incarnation whose death was found last: it may be told by several, in inbox and log. */
  private dead = -1;
  private heardAt = performance.now();
  private woken = false;
  private endPause: (() => void) | undefined;

  constructor(
    private readonly identity: ProcessIdentity,
    private readonly bus: SessionBus,
    private readonly handlers: ProcessHandlers,
    private readonly log: SessionsLog,
    pace: ProcessPace = {},
  ) {
    this.inbox = inboxTopic(identity.slot);
    this.heartbeatMs = pace.heartbeatMs ?? timing.heartbeatMs;
    this.later = pace.later ?? later;
    this.started = new Promise((resolve) => (this.tellStarted = resolve));
  }

  get slot(): string {
    return this.identity.slot;
  }

  /** The newest; -1 before the first. */
  get incarnation(): number {
    return this.current;
  }

  /** Milliseconds since it last heard itself in its inbox: how long Kafka, or the way to it, has been away. */
  get silentForMs(): number {
    return performance.now() - this.heardAt;
  }

  /** False once it has missed about as many pings as make an observer declare it dead. */
  get hearing(): boolean {
    return this.silentForMs < (timing.ticksUntilDead + 1) * this.heartbeatMs;
  }

  /**
   * Resolves with the incarnation once the inbox is followed and the start record was read; while Kafka does not take
   * the record it tries on.
   * @throws when the topics cannot be created or followed
   */
  async start(): Promise<number> {
    await this.bus.topics.ensure([topics.instances, this.inbox]);
    this.following = await this.bus.reader.follow({
      topics: [this.inbox.name, topics.instances.name],
      from: 'latest',
      onRecords: (records) => this.read(records),
      onJump: (jump) => this.jumped(jump),
    });
    this.readUpTo = this.following.position(topics.instances.name, 0);
    this.running = this.run();
    return this.started;
  }

  /** Says goodbye, so that nobody has to wait for a death; the sessions are to be ended before. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.wake();
    await this.running;
    if (!this.superseded && this.current >= 0) {
      await this.write({ event: 'process.stopped', slot: this.slot, incarnation: this.current });
    }
    await this.following?.stop();
  }

  private async run(): Promise<void> {
    while (!this.stopping) {
      if (this.needsStart) await this.takeIncarnation();
      else await this.ping();
      await this.pause();
    }
  }

  private async pause(): Promise<void> {
    if (!this.woken && !this.stopping) {
      await new Promise<void>((resolve) => {
        const callOff = this.later(this.heartbeatMs, resolve);
        this.endPause = () => {
          callOff();
          resolve();
        };
      });
    }
    this.woken = false;
  }

  private wake(): void {
    this.woken = true;
    this.endPause?.();
  }

  private async takeIncarnation(): Promise<void> {
    if (this.current >= 0 && !(await this.hasReadLog())) return;
    const { slot, service } = this.identity;
    const written = await this.write({ event: 'process.started', slot, service, nonce: this.nonce });
    if (written) this.needsStart = false;
  }

  /**
   * Before it lives again it looks whether somebody else lives in its slot by now, or the two would go on ending each
   * other. It waits for that for one beat only.
   */
  private async hasReadLog(): Promise<boolean> {
    if (this.logEnd === undefined) {
      try {
        const [end = 0] = await this.bus.topics.endOffsets(topics.instances.name);
        this.logEnd = end;
      } catch (error) {
        this.logEnd = Infinity;
        this.log.warn({ err: error }, 'the end of the log of process lives cannot be asked');
      }
      return this.readUpTo >= this.logEnd;
    }
    return true;
  }

  private async ping(): Promise<void> {
    this.pings += 1;
    await this.publish(this.inbox.name, encodePing(this.current, this.pings));
  }

  private async beat(): Promise<void> {
    if (this.beating || this.stopping) return;
    this.beating = true;
    const { slot, service } = this.identity;
    await this.write({ event: 'process.beat', service, slot, incarnation: this.current });
    this.beating = false;
  }

  private write(record: InstanceRecord): Promise<boolean> {
    return this.publish(topics.instances.name, JSON.stringify(record), this.slot);
  }

  /** @returns whether it was confirmed */
  private async publish(topic: string, value: string, key?: string): Promise<boolean> {
    try {
      await this.bus.publisher.publish([{ topic, value, ...(key === undefined ? {} : { key }) }]);
      return true;
    } catch (error) {
      this.log.warn({ err: error, topic }, 'a sign of life could not be written');
      return false;
    }
  }

  private async read(records: readonly ReceivedRecord[]): Promise<void> {
    const items: InboxMessage[] = [];
    let heard = false;
    let readable = true;
    for (const record of records) {
      if (this.superseded) return;
      if (record.topic === topics.instances.name) {
        this.readInstance(record);
        continue;
      }
      const item = this.decode(record);
      if (!item) readable = false;
      else if (item.kind === 'ping') heard = this.readPing(item.incarnation) || heard;
      else if (item.kind === 'died') this.readDeath(item.incarnation);
      else if (this.incarnations.has(item.incarnation)) items.push(item);
    }
    if (heard) {
      this.heardAt = performance.now();
      void this.beat();
    }
    const handled = items.length === 0 || (await this.handOver(items));
    // Once per read, however many were lost: every client is to ask anew.
    if (!readable || !handled) this.handlers.onJump();
  }

  private decode(record: ReceivedRecord): InboxItem | undefined {
    try {
      return decodeInboxItem(record.value ?? Buffer.alloc(0));
    } catch (error) {
      this.log.error(
        { err: error, topic: record.topic, offset: record.offset },
        'an unreadable item in the inbox',
      );
      return undefined;
    }
  }

  /** @returns whether the handler took them */
  private async handOver(items: readonly InboxMessage[]): Promise<boolean> {
    try {
      await this.handlers.onItems(items);
      return true;
    } catch (error) {
      this.log.error({ err: error, items: items.length }, 'items of the inbox could not be handled');
      return false;
    }
  }

  private readInstance(received: ReceivedRecord): void {
    this.readUpTo = received.offset + 1;
    if (this.needsStart && this.readUpTo === this.logEnd) this.wake();
    const record = readInstanceRecord(received, this.log);
    if (!record || record.event === 'liveness.ticked' || record.slot !== this.slot) return;
    if (record.event === 'process.died') this.readDeath(record.incarnation);
    if (record.event !== 'process.started' || received.offset <= this.current) return;
    if (record.nonce === this.nonce) this.take(received.offset);
    else if (this.current >= 0) this.supersede(received.offset);
  }

  private take(incarnation: number): void {
    const former = this.current;
    this.current = incarnation;
    this.incarnations.add(incarnation);
    this.needsStart = false;
    this.logEnd = undefined;
    this.heardAt = performance.now();
    this.wake();
    if (former < 0) {
      this.tellStarted(incarnation);
      return;
    }
    this.log.warn({ slot: this.slot, incarnation, former }, 'declared dead, and alive again');
    this.handlers.onNewIncarnation(incarnation, former);
  }

  private readPing(incarnation: number): boolean {
    if (incarnation > this.current && this.current >= 0) this.supersede(incarnation);
    return incarnation === this.current;
  }

  private readDeath(incarnation: number): void {
    if (incarnation !== this.current || incarnation === this.dead) return;
    this.dead = incarnation;
    this.needsStart = true;
    this.wake();
  }

  private supersede(incarnation: number): void {
    if (this.superseded) return;
    this.log.error({ slot: this.slot, incarnation, own: this.current }, 'another process lives in this slot');
    this.superseded = true;
    this.stopping = true;
    this.wake();
    this.handlers.onSuperseded();
  }

  private jumped(jump: Jump): void {
    this.log.warn({ jump }, 'records are lost');
    if (jump.topic === this.inbox.name) this.handlers.onJump();
    // A death may be among what is lost.
    else this.readDeath(this.current);
  }
}
