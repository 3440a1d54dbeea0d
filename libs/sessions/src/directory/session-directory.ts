import { topics } from '@parley/contracts';
import type { Following, ReceivedRecord } from '@parley/event-bus';
import type { InstanceLog } from '../instances/instance-log.js';
import { type Later, later } from '../later.js';
import type { SessionsLog } from '../log.js';
import type { SessionBus } from '../session-bus.js';
import { type LiveSession, type OrphanedSession, type SessionChange, SessionTable } from './session-table.js';

interface Replica {
  readonly table: SessionTable;
  readonly following: Following;
}

export interface SessionDirectoryOptions {
  /** For who is in no hurry to learn of sessions: others may gather for so long after some came. Milliseconds (default 0). */
  readonly gatherMs?: number;
  /** Replaced in tests. */
  readonly later?: Later;
}

/** The pause after an attempt to build the table anew that failed. */
const retryMs = 1_000;

/** Who is connected where: user → sessions of incarnations that live, from the compacted topic `sessions`. */
export class SessionDirectory {
  private replica: Replica | undefined;
  private readonly tables = new Set<SessionTable>();
  private readonly listeners = new Set<(userId: string, change: SessionChange) => void>();
  private callOff: () => void = () => undefined;
  private callOffRetry: () => void = () => undefined;
  /** The table that is read, or was read last. */
  private latest: SessionTable | undefined;
  private loading = false;
  /** How often something was lost, so that a table has to be read from its beginning. */
  private losses = 0;
  private changes = 0;

  constructor(
    private readonly bus: Pick<SessionBus, 'reader' | 'topics'>,
    private readonly instances: InstanceLog,
    private readonly log: SessionsLog,
    private readonly options: SessionDirectoryOptions = {},
  ) {}

  /** Resolves when everything that stood in the log has been read; the log of instances has to be started before. */
  async start(): Promise<void> {
    await this.bus.topics.ensure([topics.sessions]);
    this.callOff = this.instances.listen({
      onBegun: (life) => this.tables.forEach((table) => table.begin(life)),
      onEnded: (life) => this.tables.forEach((table) => table.end(life)),
      onGap: () => this.rebuild('the log of instances has a gap'),
    });
    await this.load();
  }

  async stop(): Promise<void> {
    this.callOff();
    this.callOffRetry();
    this.tables.clear();
    await this.replica?.following.stop();
  }

  /** The same list as before unless the user's sessions changed. */
  sessionsOf(userId: string): readonly LiveSession[] {
    return this.replica?.table.sessionsOf(userId) ?? [];
  }

  /** Goes up with each change of any user's sessions: what was derived at the same revision still holds. */
  get revision(): number {
    return this.changes;
  }

  /** Sessions that stand in the log although their incarnation is not known to live. */
  orphans(): Iterable<OrphanedSession> {
    return this.replica?.table.orphans() ?? [];
  }

  /** Everybody who is connected. */
  userIds(): Iterable<string> {
    return this.replica?.table.userIds() ?? [];
  }

  /** @returns how to stop listening */
  onUserChanged(listener: (userId: string, change: SessionChange) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Reads the whole topic, once more for as long as something is lost meanwhile. */
  private async load(): Promise<void> {
    const former = this.replica;
    this.callOffRetry();
    this.loading = true;
    try {
      let losses: number;
      let next: Replica | undefined;
      do {
        await this.drop(next);
        losses = this.losses;
        next = await this.follow();
      } while (losses !== this.losses);
      this.replica = next;
    } finally {
      this.loading = false;
    }
    if (former) this.tellDifferences(former.table, this.replica.table);
    await this.drop(former);
  }

  private async follow(): Promise<Replica> {
    const table: SessionTable = new SessionTable(
      (slot, incarnation) => this.instances.isAlive(slot, incarnation),
      (userId, change) => {
        if (this.replica === undefined || this.replica.table === table) this.changed(userId, change);
      },
    );
    this.latest = table;
    this.tables.add(table);
    const { gatherMs = 0 } = this.options;
    try {
      const following = await this.bus.reader.follow({
        topics: [topics.sessions.name],
        from: 'earliest',
        gatherMs,
        onRecords: (records) => this.read(table, records),
        onJump: (jump) => {
          // What a table that is being replaced has lost is in the one after it.
          if (table === this.latest) this.rebuild('records of sessions are lost', jump);
        },
      });
      await following.caughtUp;
      return { table, following };
    } catch (error) {
      this.tables.delete(table);
      throw error;
    }
  }

  private read(table: SessionTable, records: readonly ReceivedRecord[]): void {
    for (const { key, value, topic, partition, offset } of records) {
      try {
        table.apply(key ?? '', value);
      } catch (error) {
        this.log.error({ err: error, topic, partition, offset }, 'an unreadable record of a session');
      }
    }
  }

  /**
   * Reads the whole topic anew and then takes the new table for the old one: tombstones may be among what was missed,
   * and are not kept for long.
   */
  private rebuild(reason: string, details: object = {}): void {
    this.log.warn({ reason, ...details }, 'the directory of sessions is built anew');
    this.losses += 1;
    if (this.loading) return;
    const { later: schedule = later } = this.options;
    this.load().catch((error: unknown) => {
      this.log.error({ err: error }, 'the directory of sessions could not be built anew');
      this.callOffRetry = schedule(retryMs, () => this.rebuild(reason, details));
    });
  }

  private tellDifferences(former: SessionTable, table: SessionTable): void {
    for (const userId of new Set([...former.userIds(), ...table.userIds()])) {
      this.changed(userId, table.sessionsOf(userId).length > 0 ? 'announced' : 'ended');
    }
  }

  private async drop(replica: Replica | undefined): Promise<void> {
    if (!replica) return;
    this.tables.delete(replica.table);
    await replica.following.stop();
  }

  private changed(userId: string, change: SessionChange): void {
    this.changes += 1;
    for (const listener of this.listeners) listener(userId, change);
  }
}
