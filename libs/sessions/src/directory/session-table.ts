import { parseSessionId, type SessionRecord } from '@parley/contracts';
import type { Life } from '../instances/instance-log.js';

/** A session of a life that goes on. Never changed: a user whose sessions change gets a new list. */
export interface LiveSession {
  /** The same object for all sessions of one incarnation, so that they are grouped by identity. */
  readonly life: Life;
  readonly counter: number;
  readonly deviceId: string;
  readonly state: SessionRecord['state'];
}

/** A session whose incarnation has ended, or is not known to live. */
export interface OrphanedSession extends LiveSession {
  readonly userId: string;
}

/** `lost`: its socket died without a word. `died`: its incarnation has ended. */
export type SessionChange = 'announced' | 'ended' | 'lost' | 'died';

interface TableLife extends Life {
  alive: boolean;
  /** By counter; only while it is not alive. */
  readonly orphans: Map<number, OrphanedSession>;
}

const none: readonly LiveSession[] = [];

/**
 * User → live sessions. Sessions whose incarnation does not live (any more, or as far as known) are kept apart
 * until their tombstones come or their incarnation is known to live.
 */
export class SessionTable {
  private readonly users = new Map<string, readonly LiveSession[]>();
  private readonly lives = new Map<string, TableLife>();

  constructor(
    private readonly isAlive: (slot: string, incarnation: number) => boolean,
    private readonly onChanged: (userId: string, change: SessionChange) => void,
  ) {}

  sessionsOf(userId: string): readonly LiveSession[] {
    return this.users.get(userId) ?? none;
  }

  userIds(): Iterable<string> {
    return this.users.keys();
  }

  /** @throws RangeError when the key is none */
  apply(key: string, value: Buffer | null): void {
    const { userId, sessionId } = splitKey(key);
    const { slot, incarnation, counter } = parseSessionId(sessionId);
    const life = this.lifeOf(slot, incarnation);
    if (value === null) {
      this.remove(life, userId, counter, 'ended');
      return;
    }
    const record = JSON.parse(value.toString()) as SessionRecord;
    if (record.lost) {
      this.remove(life, userId, counter, 'lost');
      return;
    }
    const state = record.state === 'idle' ? 'idle' : 'active';
    const session: LiveSession = { life, counter, deviceId: record.deviceId, state };
    if (life.alive) this.put(userId, session);
    else life.orphans.set(counter, { ...session, userId });
  }

  /** The incarnation is known to live: its sessions count. */
  begin({ slot, incarnation }: Life): void {
    const life = this.lifeOf(slot, incarnation);
    if (life.alive) return;
    life.alive = true;
    for (const { userId, ...session } of life.orphans.values()) this.put(userId, session);
    life.orphans.clear();
  }

  /** The incarnation has ended: its sessions do not count any more. */
  end({ slot, incarnation }: Life): void {
    const life = this.lives.get(`${slot}/${incarnation}`);
    if (!life?.alive) return;
    life.alive = false;
    for (const [userId, sessions] of this.users) {
      if (!sessions.some((session) => session.life === life)) continue;
      for (const session of sessions) {
        if (session.life === life) life.orphans.set(session.counter, { ...session, userId });
      }
      this.replace(
        userId,
        sessions.filter((session) => session.life !== life),
        'died',
      );
    }
    this.forgetIfEmpty(life);
  }

  /** Sessions that stand in the log without a life, until they are swept. */
  *orphans(): Iterable<OrphanedSession> {
    for (const life of this.lives.values()) yield* life.orphans.values();
  }

  private lifeOf(slot: string, incarnation: number): TableLife {
    const key = `${slot}/${incarnation}`;
    let life = this.lives.get(key);
    if (!life) {
      life = { slot, incarnation, alive: this.isAlive(slot, incarnation), orphans: new Map() };
      this.lives.set(key, life);
    }
    return life;
  }

  private put(userId: string, session: LiveSession): void {
    const sessions = this.sessionsOf(userId);
    const known = sessions.find(({ life, counter }) => life === session.life && counter === session.counter);
    if (known?.state === session.state && known.deviceId === session.deviceId) return;
    this.replace(userId, [...sessions.filter((other) => other !== known), session], 'announced');
  }

  private remove(life: TableLife, userId: string, counter: number, change: SessionChange): void {
    life.orphans.delete(counter);
    this.forgetIfEmpty(life);
    const sessions = this.sessionsOf(userId);
    const rest = sessions.filter((session) => session.life !== life || session.counter !== counter);
    if (rest.length < sessions.length) this.replace(userId, rest, change);
  }

  private replace(userId: string, sessions: readonly LiveSession[], change: SessionChange): void {
    if (sessions.length > 0) this.users.set(userId, sessions);
    else this.users.delete(userId);
    this.onChanged(userId, change);
  }

  private forgetIfEmpty(life: TableLife): void {
    if (!life.alive && life.orphans.size === 0) this.lives.delete(`${life.slot}/${life.incarnation}`);
  }
}

/** The key of a session's record. */
export function sessionKey(userId: string, sessionId: string): string {
  return `${userId}/${sessionId}`;
}

function splitKey(key: string): { userId: string; sessionId: string } {
  const end = key.indexOf('/');
  return { userId: key.slice(0, end), sessionId: key.slice(end + 1) };
}
