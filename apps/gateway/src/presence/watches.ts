import { Injectable } from '@nestjs/common';
import { limits, Refusal } from '@parley/contracts';
import { SocketWriter } from '../outbound/socket-writer.js';
import type { Session } from '../sessions/session.js';
import { SessionTable } from '../sessions/session-table.js';
import { HiddenPeople } from './hidden-people.js';

/**
 * Until those who watched ask for a snapshot: the presence service reads of it at about the same time. Later those who
 * watch on, because it was late.
 */
const askAgainAfterMs = [1_000, 8_000];

/**
 * Which sessions watch whom, until when. Sessions that watch nobody, which most do, cost nothing here. What has expired
 * is dropped when somebody comes across it.
 */
@Injectable()
export class Watches {
  /** Session → user → when it ends; milliseconds since the epoch. */
  private readonly bySession = new Map<Session, Map<string, number>>();
  private readonly byUser = new Map<string, Set<Session>>();

  constructor(
    table: SessionTable,
    private readonly hidden: HiddenPeople,
    private readonly writer: SocketWriter,
  ) {
    table.onRemoved((session) => this.end(session));
    hidden.onHidden((userIds) => {
      for (const pause of askAgainAfterMs) setTimeout(() => this.askAgain(userIds), pause).unref();
    });
  }

  /**
   * @param until milliseconds since the epoch; never sooner than what was said before
   * @throws Refusal `TOO_LARGE`, and nothing is watched that was not before
   */
  add(session: Session, userIds: readonly string[], until: number): void {
    // It ended while its grant was verified.
    if (session.ended) return;
    this.dropExpired(session);
    const watched = this.bySession.get(session) ?? new Map<string, number>();
    const added = new Set(userIds.filter((userId) => !watched.has(userId)));
    const max = limits.presenceWatched.default;
    if (watched.size + added.size > max) {
      throw new Refusal('TOO_LARGE', `A session watches at most ${max} people: unwatch some first.`);
    }
    for (const userId of userIds) {
      watched.set(userId, Math.max(until, watched.get(userId) ?? 0));
      const watchers = this.byUser.get(userId);
      if (watchers) watchers.add(session);
      else this.byUser.set(userId, new Set([session]));
    }
    if (watched.size > 0) this.bySession.set(session, watched);
  }

  remove(session: Session, userIds: readonly string[]): void {
    const watched = this.bySession.get(session);
    if (!watched) return;
    for (const userId of userIds) {
      if (watched.delete(userId)) this.forget(session, userId);
    }
    if (watched.size === 0) this.bySession.delete(session);
  }

  /** Whether the session watches the user, and may see them now. */
  has(session: Session, userId: string): boolean {
    return this.isLive(session, userId) && !this.hidden.hides(userId, session.userId);
  }

  /** Who watches the user, and may see them now. */
  watchersOf(userId: string): readonly Session[] {
    return this.liveOf(userId).filter((session) => !this.hidden.hides(userId, session.userId));
  }

  /** All that watch somebody. */
  sessions(): Iterable<Session> {
    return this.bySession.keys();
  }

  private liveOf(userId: string): Session[] {
    const watchers = this.byUser.get(userId);
    if (!watchers) return [];
    const live: Session[] = [];
    for (const session of watchers) {
      if (this.isLive(session, userId)) live.push(session);
      else this.remove(session, [userId]);
    }
    return live;
  }

  private isLive(session: Session, userId: string): boolean {
    return (this.bySession.get(session)?.get(userId) ?? 0) > Date.now();
  }

  /** They have seen these people, and do not any more: a snapshot says so. */
  private askAgain(userIds: readonly string[]): void {
    const sessions = userIds.flatMap((userId) =>
      this.liveOf(userId).filter((session) => this.hidden.hides(userId, session.userId)),
    );
    this.writer.emitToAll(new Set(sessions), 'session.resync', { reason: 'presence-jump' });
  }

  private end(session: Session): void {
    const watched = this.bySession.get(session);
    if (watched) this.remove(session, [...watched.keys()]);
  }

  private dropExpired(session: Session): void {
    const now = Date.now();
    const watched = this.bySession.get(session) ?? new Map<string, number>();
    const expired = [...watched].filter(([, until]) => until <= now).map(([userId]) => userId);
    this.remove(session, expired);
  }

  private forget(session: Session, userId: string): void {
    const watchers = this.byUser.get(userId);
    watchers?.delete(session);
    if (watchers?.size === 0) this.byUser.delete(userId);
  }
}
