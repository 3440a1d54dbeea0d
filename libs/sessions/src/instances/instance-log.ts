import { type InstanceRecord, topics } from '@parley/contracts';
import type { Following, Jump, ReceivedRecord } from '@parley/event-bus';
import type { SessionsLog } from '../log.js';
import type { SessionBus } from '../session-bus.js';
import { readInstanceRecord } from './read-instance-record.js';

/** One process's life in a slot. */
export interface Life {
  readonly slot: string;
  readonly incarnation: number;
}

export interface InstanceListener {
  onBegun?(life: Life): void;
  /** It was declared dead, it stopped, or a newer life began in its slot. */
  onEnded?(life: Life): void;
  /** Each record, after its effect, with the time that the broker gave it. */
  onRead?(record: InstanceRecord, timestamp: number): void;
  /** Records were lost, or none came for so long that other topics may have forgotten what was missed. */
  onGap?(): void;
}

interface KnownLife extends Life {
  alive: boolean;
}

/** Processes write every 2 s: after this long without a record it was us who were away. Half of what tombstones are kept. */
const awayMs = 10 * 60_000;

/** Which incarnations live, by the order of the records in `instances` and nothing else. */
export class InstanceLog {
  /** The newest life of each slot. */
  private readonly lives = new Map<string, KnownLife>();
  private readonly listeners = new Set<InstanceListener>();
  private following: Following | undefined;
  private lastReadAt: number | undefined;

  constructor(
    private readonly bus: Pick<SessionBus, 'reader' | 'topics'>,
    private readonly log: SessionsLog,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Resolves when everything that stood in the log has been read. */
  async start(): Promise<void> {
    await this.bus.topics.ensure([topics.instances]);
    this.following = await this.bus.reader.follow({
      topics: [topics.instances.name],
      from: 'earliest',
      onRecords: (records) => this.read(records),
      onJump: (jump) => this.forget(jump),
    });
    await this.following.caughtUp;
  }

  async stop(): Promise<void> {
    await this.following?.stop();
  }

  /** An incarnation without a record is not alive. */
  isAlive(slot: string, incarnation: number): boolean {
    const life = this.lives.get(slot);
    return life !== undefined && life.alive && life.incarnation === incarnation;
  }

  /** True only when a record says so, of this incarnation or of a newer one in the slot. */
  hasEnded(slot: string, incarnation: number): boolean {
    const life = this.lives.get(slot);
    return (
      life !== undefined &&
      (life.incarnation > incarnation || (life.incarnation === incarnation && !life.alive))
    );
  }

  alive(): Life[] {
    return [...this.lives.values()].filter((life) => life.alive);
  }

  /** @returns how to stop listening */
  listen(listener: InstanceListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private read(records: readonly ReceivedRecord[]): void {
    this.noticeAbsence();
    for (const received of records) {
      const record = readInstanceRecord(received, this.log);
      if (!record) continue;
      this.apply(record, received.offset);
      this.tell((listener) => listener.onRead?.(record, received.timestamp));
    }
  }

  private apply(record: InstanceRecord, offset: number): void {
    switch (record.event) {
      case 'process.started':
        return this.begin(record.slot, offset);
      case 'process.beat':
        // Its start may be older than what the topic keeps.
        return this.begin(record.slot, record.incarnation);
      case 'process.died':
      case 'process.stopped':
        return this.end(record.slot, record.incarnation);
      case 'liveness.ticked':
        return;
    }
  }

  private begin(slot: string, incarnation: number): void {
    const known = this.lives.get(slot);
    // A late beat of an older life, or of one that was declared dead: death is final.
    if (known && known.incarnation >= incarnation) return;
    const life = { slot, incarnation, alive: true };
    this.lives.set(slot, life);
    if (known?.alive) this.tell((listener) => listener.onEnded?.(known));
    this.tell((listener) => listener.onBegun?.(life));
  }

  private end(slot: string, incarnation: number): void {
    const known = this.lives.get(slot);
    if (known && known.incarnation > incarnation) return;
    this.lives.set(slot, { slot, incarnation, alive: false });
    if (known?.alive) this.tell((listener) => listener.onEnded?.(known));
  }

  /** Deaths may be among what is lost. Whoever lives says so again within a beat. */
  private forget(jump: Jump): void {
    this.log.warn({ jump }, 'records of process lives are lost: starting anew');
    const alive = this.alive();
    this.lives.clear();
    for (const life of alive) this.tell((listener) => listener.onEnded?.(life));
    this.tell((listener) => listener.onGap?.());
  }

  private noticeAbsence(): void {
    const now = this.now();
    const away = this.lastReadAt === undefined ? 0 : now - this.lastReadAt;
    this.lastReadAt = now;
    if (away < awayMs) return;
    this.log.warn({ awayMs: Math.round(away) }, 'no record of any process for a long time');
    this.tell((listener) => listener.onGap?.());
  }

  private tell(notify: (listener: InstanceListener) => void): void {
    for (const listener of this.listeners) notify(listener);
  }
}
