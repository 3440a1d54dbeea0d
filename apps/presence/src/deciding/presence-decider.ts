import { type PresenceStatus, timing } from '@parley/contracts';
import { type Later, type LiveSession, type SessionChange } from '@parley/sessions';

/** Who is connected: the directory of sessions. */
export interface ConnectedPeople {
  sessionsOf(userId: string): readonly Pick<LiveSession, 'state'>[];
  userIds(): Iterable<string>;
}

export interface Decision {
  readonly status: PresenceStatus;
  /** They were in use until so long ago, or are; milliseconds. */
  readonly agoMs: number;
}

export interface DeciderTime {
  readonly later: Later;
  readonly now: () => number;
}

/** Somebody's session ended, and those that are left say less than what is shown; they may come back. */
interface Departure {
  readonly leftAt: number;
  isOver: boolean;
  readonly callOff: () => void;
}

const rank: Record<PresenceStatus, number> = { offline: 0, away: 1, online: 2 };

/** How long somebody who has gone may take to come back before others are told. Milliseconds. */
const graceMs: Record<SessionChange, number> = {
  announced: timing.offlineAfterMs,
  ended: timing.offlineAfterMs,
  // It was silent for longer than a reconnect takes before it was given up.
  lost: 0,
  died: timing.offlineAfterDeathMs,
};

/** `online`: some device is in use. `away`: connected, none in use. All devices of a person are one. */
export function statusOf(sessions: readonly Pick<LiveSession, 'state'>[]): PresenceStatus {
  if (sessions.length === 0) return 'offline';
  return sessions.some(({ state }) => state === 'active') ? 'online' : 'away';
}

/**
 * What is to be shown of the people whom this process decides about. It is asked when there is time to write, and then
 * looks at what is true at that moment: what came and went in between is never shown.
 */
export class PresenceDecider {
  /** As it is stored; everybody else is offline. */
  private readonly shown = new Map<string, PresenceStatus>();
  /** The status that somebody said to have, until one is stored. */
  private readonly said = new Map<string, PresenceStatus>();
  private readonly departures = new Map<string, Departure>();

  /** @param onDue somebody may have to be shown differently: `decide` says how */
  constructor(
    private readonly people: ConnectedPeople,
    private readonly onDue: (userId: string) => void,
    private readonly time: DeciderTime,
  ) {}

  /** Whose status is stored how, of all people that it decides about from now on, apart from those who are offline. */
  begin(
    stored: Iterable<readonly [userId: string, status: PresenceStatus]>,
    isOurs: (userId: string) => boolean,
  ): void {
    this.end();
    for (const [userId, status] of stored) if (status !== 'offline') this.shown.set(userId, status);
    for (const userId of this.people.userIds()) if (isOurs(userId)) this.changed(userId, 'ended');
    for (const userId of this.shown.keys()) this.changed(userId, 'ended');
  }

  /** It decides about nobody until it begins again. */
  end(): void {
    for (const { callOff } of this.departures.values()) callOff();
    this.departures.clear();
    this.said.clear();
    this.shown.clear();
  }

  changed(userId: string, change: SessionChange): void {
    const shown = this.shown.get(userId) ?? 'offline';
    const status = statusOf(this.people.sessionsOf(userId));
    // Whoever says that they are not at any device is believed at once, unless another one is about to come back.
    const isSaid = change === 'announced' && !this.departures.has(userId);
    const said = this.said.get(userId) ?? shown;
    if (rank[status] < Math.min(rank[said], rank[shown]) && !isSaid) {
      this.depart(userId, graceMs[change]);
    } else {
      this.forgetDeparture(userId);
      if (isSaid || rank[status] < rank[shown]) this.said.set(userId, status);
      else this.said.delete(userId);
      if (status !== shown) this.onDue(userId);
    }
  }

  /** Undefined: what is shown is right, or may still be. */
  decide(userId: string): Decision | undefined {
    const status = statusOf(this.people.sessionsOf(userId));
    if (status === (this.shown.get(userId) ?? 'offline')) return undefined;
    const departure = this.departures.get(userId);
    if (!departure) return { status, agoMs: 0 };
    return departure.isOver ? { status, agoMs: this.time.now() - departure.leftAt } : undefined;
  }

  /** A decision is stored. They may have come or gone while it was. */
  decided(userId: string, status: PresenceStatus): void {
    if (status === 'offline') this.shown.delete(userId);
    else this.shown.set(userId, status);
    const said = this.said.get(userId);
    this.said.delete(userId);
    const now = statusOf(this.people.sessionsOf(userId));
    if (now === status) this.forgetDeparture(userId);
    else if (now === said && !this.departures.has(userId)) this.changed(userId, 'announced');
    // Whoever left meanwhile has a time of their own already, at whose end it is looked again.
    else if (!this.departures.has(userId)) this.changed(userId, 'ended');
  }

  private depart(userId: string, delayMs: number): void {
    const known = this.departures.get(userId);
    // One that is over may be stored at this moment: what ends after it needs a time of its own.
    if (known && !known.isOver && delayMs > 0) return;
    known?.callOff();
    const leftAt = known?.leftAt ?? this.time.now();
    const end = (): void => {
      departure.isOver = true;
      this.onDue(userId);
    };
    const departure: Departure = {
      leftAt,
      isOver: false,
      callOff: delayMs > 0 ? this.time.later(delayMs, end) : () => undefined,
    };
    this.departures.set(userId, departure);
    if (delayMs === 0) end();
  }

  private forgetDeparture(userId: string): void {
    this.departures.get(userId)?.callOff();
    this.departures.delete(userId);
  }
}
