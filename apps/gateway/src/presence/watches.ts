import { Injectable } from '@nestjs/common';
import { limits, Refusal } from '@parley/contracts';
import type { Session } from '../sessions/session.js';
import { SessionTable } from '../sessions/session-table.js';

/**
 * Which sessions watch whom, until when. Sessions that watch nobody, which most do, cost nothing here. What has expired
 * is dropped when somebody comes across it.
 */
@Injectable()
export class Watches {
  /** Session → user → when it ends; milliseconds since the epoch. */
  private readonly bySession = new Map<Session, Map<string, number>>();
  private readonly byUser = new Map<string, Set<Session>>();

  constructor(table: SessionTable) {
    table.onRemoved((session) => this.end(session));
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

  watchersOf(userId: string): readonly Session[] {
    const watchers = this.byUser.get(userId);
    if (!watchers) return [];
    const now = Date.now();
    const live: Session[] = [];
    for (const session of watchers) {
      if ((this.bySession.get(session)?.get(userId) ?? 0) > now) live.push(session);
      else this.remove(session, [userId]);
    }
    return live;
  }

  /** All that watch somebody. */
  sessions(): Iterable<Session> {
    return this.bySession.keys();
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
