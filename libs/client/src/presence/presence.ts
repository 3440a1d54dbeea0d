import { type Presence, type PresenceReport, type PresenceSnapshot } from '@parley/contracts';
import { type Api } from '../api/api.js';
import { waitAfter } from '../backoff.js';
import { RequestFailed } from '../failure.js';
import { type RequestLink } from '../receipts/receipt-sender.js';

/** A change between the snapshot and the watch would be missed: so it is asked for once more. */
const AGAIN_FROM_MS = 1_000;
const AGAIN_TO_MS = 3_000;
/** Ids stand in the address, which may not be too long. */
const PER_REQUEST = 100;
const retrying = { firstMs: 1_000, mostMs: 30_000 };

/** Who is online, of the people whom this device watches. Snapshots and live changes are told apart by version. */
export class PresenceWatch {
  private readonly watched = new Set<string>();
  private readonly held = new Map<string, Presence>();
  private active: PresenceReport['state'] = 'active';
  /** Counts sessions: what was begun in an earlier one is not carried on. */
  private era = 0;
  private online = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly link: RequestLink,
    private readonly api: Api,
    private readonly changed: (presence: Presence) => void,
  ) {}

  /** Undefined for people who are not watched, or whom one may not see. */
  of(userId: string): Presence | undefined {
    return this.held.get(userId);
  }

  /**
   * Watches these people, over reconnects too, until `unwatch`.
   * @throws RequestFailed when it cannot be done now; while offline it resolves, and begins with the next session
   */
  async watch(userIds: readonly string[]): Promise<void> {
    for (const userId of userIds) this.watched.add(userId);
    if (this.online) await this.begin(userIds);
  }

  unwatch(userIds: readonly string[]): void {
    const ended = userIds.filter((userId) => this.watched.delete(userId));
    for (const userId of ended) this.held.delete(userId);
    if (this.online && ended.length > 0) void this.link.request('presence.unwatch', { userIds: ended });
  }

  /** Whether this device is in use: a page that is not looked at is `idle`. */
  report(state: PresenceReport['state']): void {
    if (state === this.active) return;
    this.active = state;
    if (this.online) void this.link.request('presence.report', { state });
  }

  hear(presence: Presence): void {
    const { userId, version } = presence;
    const held = this.held.get(userId);
    if (!this.watched.has(userId) || (held && held.version >= version)) return;
    this.held.set(userId, presence);
    this.changed(presence);
  }

  sessionBegan(): void {
    this.sessionLost();
    this.online = true;
    // A session starts active.
    if (this.active === 'idle') void this.link.request('presence.report', { state: 'idle' });
    if (this.watched.size > 0) void this.beginAgain(this.era, 1);
  }

  sessionLost(): void {
    this.online = false;
    this.era += 1;
    clearTimeout(this.timer);
  }

  private async beginAgain(era: number, failures: number): Promise<void> {
    try {
      await this.begin([...this.watched]);
    } catch {
      if (era !== this.era) return;
      this.timer = setTimeout(() => void this.beginAgain(era, failures + 1), waitAfter(retrying, failures));
    }
  }

  private async begin(userIds: readonly string[]): Promise<void> {
    const { era } = this;
    for (let from = 0; from < userIds.length; from += PER_REQUEST) {
      const grant = await this.snapshot(userIds.slice(from, from + PER_REQUEST));
      if (era !== this.era) return;
      const answer = await this.link.request('presence.watch', { grant });
      if (era !== this.era) return;
      if (!answer.ok) throw new RequestFailed(answer.error, true);
    }
    this.timer = setTimeout(
      () => void this.again([...this.watched]),
      AGAIN_FROM_MS + Math.random() * (AGAIN_TO_MS - AGAIN_FROM_MS),
    );
  }

  private async again(userIds: readonly string[]): Promise<void> {
    for (let from = 0; from < userIds.length; from += PER_REQUEST) {
      // Live changes go on either way.
      await this.snapshot(userIds.slice(from, from + PER_REQUEST)).catch(() => undefined);
    }
  }

  /** @returns the grant for whom one may see */
  private async snapshot(userIds: readonly string[]): Promise<string> {
    const query = { userIds: userIds.join(',') };
    const { items, grant } = await this.api.request<PresenceSnapshot>('GET', '/v1/presence', { query });
    for (const presence of items) this.hear(presence);
    return grant;
  }
}
