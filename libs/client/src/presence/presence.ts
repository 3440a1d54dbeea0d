import { type limits, type Presence, type PresenceReport, type PresenceSnapshot } from '@parley/contracts';
import { timing } from '@parley/contracts/constants';
import { type Api } from '../api/api.js';
import { waitAfter } from '../backoff.js';
import { askedWait, RequestFailed } from '../failure.js';
import { type RequestLink } from '../receipts/receipt-sender.js';

/** Ids stand in the address, which may not be too long. */
const PER_REQUEST = 100;
/** The server's limit by value, as it is much smaller than the table of limits: the type holds them equal. */
const MOST: (typeof limits)['presenceWatched']['max'] = 500;
/** A grant is renewed after 60 to 80 % of its life, not by all clients at once; the rest is for failures. */
const RENEW_FROM_MS = timing.presenceGrantLifeMs * 0.6;
const RENEW_SPREAD_MS = timing.presenceGrantLifeMs * 0.2;
const retrying = { firstMs: 1_000, mostMs: 30_000 };

export interface PresenceObserver {
  changed(presence: Presence): void;
  /** Somebody who was seen may not be seen any more. */
  hidden(userId: string): void;
}

const tooMany = (): RequestFailed => {
  const message = `At most ${MOST} people are watched at once: unwatch some first.`;
  return new RequestFailed(
    { code: 'TOO_LARGE', message, retryable: false, outcome: 'none', requestId: '' },
    true,
  );
};

type Timer = ReturnType<typeof setTimeout> | undefined;

/** Who is online, of the people whom this device watches. Snapshots and live changes are told apart by version. */
export class PresenceWatch {
  /** By their ids, how often they are watched: two views may show the same person. */
  private readonly watched = new Map<string, number>();
  /** Exactly those of the watched whom the last snapshot showed. */
  private readonly held = new Map<string, Presence>();
  private state: PresenceReport['state'] = 'active';
  /** Counts sessions: what was begun in an earlier one is not carried on. */
  private era = 0;
  private online = false;
  private renewal: Timer;
  private telling = false;
  private tellAgain: Timer;

  constructor(
    private readonly link: RequestLink,
    private readonly api: Pick<Api, 'request'>,
    private readonly observer: PresenceObserver,
  ) {}

  /** Undefined for people who are not watched, or whom one may not see. */
  of(userId: string): Presence | undefined {
    return this.held.get(userId);
  }

  /**
   * Watches these people, over reconnects too, until each is unwatched as often as it was watched. While offline it
   * resolves, and begins with the next session.
   * @throws RequestFailed when it cannot be done now, or they would be more than 500: it is no watching then
   */
  async watch(userIds: readonly string[]): Promise<void> {
    if (new Set([...this.watched.keys(), ...userIds]).size > MOST) throw tooMany();
    for (const userId of userIds) this.watched.set(userId, this.timesOf(userId) + 1);
    if (!this.online) return;
    try {
      await this.begin(userIds);
    } catch (error) {
      this.unwatch(userIds);
      throw error;
    }
  }

  unwatch(userIds: readonly string[]): void {
    const ended = userIds.filter((userId) => this.unwatchOnce(userId));
    for (const userId of ended) this.held.delete(userId);
    this.end(ended);
  }

  /** Whether this device is in use: a page that is not looked at is `idle`. */
  report(state: PresenceReport['state']): void {
    if (state === this.state) return;
    this.state = state;
    if (this.online && !this.telling) void this.tell(this.era, 1);
  }

  /** For the client: a live change. Of whom the snapshot did not show, none counts. */
  hear(presence: Presence): void {
    const held = this.held.get(presence.userId);
    if (held && held.version < presence.version) this.hold(presence);
  }

  /** For the client: there is a new session, or the present one may have missed something. */
  sessionBegan(): void {
    this.sessionLost();
    this.online = true;
    // A session starts active.
    if (this.state === 'idle') void this.tell(this.era, 1);
    void this.keepUp(this.era, 1);
  }

  sessionLost(): void {
    this.online = false;
    this.era += 1;
    clearTimeout(this.renewal);
    clearTimeout(this.tellAgain);
    this.telling = false;
  }

  /** @returns whether nobody watches them any more */
  private unwatchOnce(userId: string): boolean {
    const times = this.timesOf(userId) - 1;
    if (times <= 0) return this.watched.delete(userId);
    this.watched.set(userId, times);
    return false;
  }

  private timesOf(userId: string): number {
    return this.watched.get(userId) ?? 0;
  }

  private async tell(era: number, failures: number): Promise<void> {
    const { state } = this;
    this.telling = true;
    const answer = await this.link.request('presence.report', { state });
    if (era !== this.era) return;
    this.telling = answer.ok ? state !== this.state : answer.error.retryable;
    if (!this.telling) return;
    const wait = answer.ok ? 0 : waitAfter(retrying, failures, answer.error.retryAfterMs);
    this.tellAgain = setTimeout(() => void this.tell(era, failures + 1), wait);
  }

  /** Grants end: with new ones the watches go on, and whom one may not see any more is noticed. */
  private async keepUp(era: number, failures: number): Promise<void> {
    let next = 1;
    let wait = RENEW_FROM_MS + Math.random() * RENEW_SPREAD_MS;
    try {
      await this.begin([...this.watched.keys()]);
    } catch (error) {
      next = failures + 1;
      wait = waitAfter(retrying, failures, askedWait(error));
    }
    if (era === this.era) this.renewal = setTimeout(() => void this.keepUp(era, next), wait);
  }

  private async begin(userIds: readonly string[]): Promise<void> {
    const { era } = this;
    try {
      for (let from = 0; from < userIds.length && era === this.era; from += PER_REQUEST) {
        await this.beginPart(userIds.slice(from, from + PER_REQUEST), era);
      }
    } catch (error) {
      // The next session does it over.
      if (era === this.era) throw error;
    }
  }

  private async beginPart(userIds: readonly string[], era: number): Promise<void> {
    const query = { userIds: userIds.join(',') };
    const { items, grant } = await this.api.request<PresenceSnapshot>('GET', '/v1/presence', { query });
    if (era !== this.era) return;
    for (const presence of items) this.see(presence);
    this.hide(userIds, new Set(items.map(({ userId }) => userId)));
    if (items.length === 0) return;
    // What changed between the snapshot and now comes as live changes.
    const answer = await this.link.request('presence.watch', { grant });
    if (era !== this.era) return;
    if (!answer.ok) throw new RequestFailed(answer.error, true);
    this.end(userIds.filter((userId) => !this.watched.has(userId)));
  }

  private see(presence: Presence): void {
    const { userId, version } = presence;
    const held = this.held.get(userId);
    if (this.watched.has(userId) && (!held || held.version < version)) this.hold(presence);
  }

  private hold(presence: Presence): void {
    this.held.set(presence.userId, presence);
    this.observer.changed(presence);
  }

  private hide(asked: readonly string[], shown: ReadonlySet<string>): void {
    const hidden = asked.filter((userId) => !shown.has(userId) && this.held.delete(userId));
    this.end(hidden);
    for (const userId of hidden) this.observer.hidden(userId);
  }

  /** The session is sent nothing more of them; where that is lost, the grant ends it. */
  private end(userIds: readonly string[]): void {
    if (this.online && userIds.length > 0) {
      void this.link.request('presence.unwatch', { userIds: [...userIds] });
    }
  }
}
