import { type DeviceRevoked, Refusal } from '@parley/contracts';
import { type Following } from '@parley/event-bus';
import { type AccountLog, followAccounts } from './account-log.js';

/** Clocks of the issuer, the brokers and this process may differ by this much. */
const overlapMs = 60_000;

/** What identifies whose tokens, and when they were made. Times are milliseconds since the epoch. */
export interface IssuedToken {
  readonly userId: string;
  readonly deviceId: string;
  readonly issuedAt: number;
}

/**
 * Knows which devices were logged out, for as long as a token from before may live. The topic is read from that long
 * ago before anyone is accepted, so that a restart lets nobody back in.
 */
export class DeviceRevocations {
  /** User and device, with the moment before which their tokens do not count; oldest record first. */
  private readonly revoked = new Map<string, number>();
  private following: Following | undefined;

  constructor(
    private readonly accounts: AccountLog,
    private readonly longestTokenLifeMs: number,
  ) {}

  /**
   * Resolves when all revocations that still matter are known.
   * @param onRevoked told about each one; a session of that device with an older token has to end
   */
  async follow(onRevoked: (event: DeviceRevoked) => void = () => undefined): Promise<void> {
    this.following = await followAccounts(this.accounts, this.keptMs, (events) => {
      for (const { event } of events) if (event.event === 'device.revoked') this.revoke(event, onRevoked);
      this.forget();
    });
    await this.following.caughtUp;
  }

  /** @throws Refusal `UNAUTHENTICATED` for a token that was made before its device was logged out */
  requireLoggedIn(token: IssuedToken): void {
    if (token.issuedAt >= (this.revoked.get(keyOf(token)) ?? 0)) return;
    throw new Refusal('UNAUTHENTICATED', 'This device was logged out: log in again.');
  }

  async stop(): Promise<void> {
    await this.following?.stop();
  }

  private revoke(event: DeviceRevoked, onRevoked: (event: DeviceRevoked) => void): void {
    const key = keyOf(event);
    const revokedAt = Math.max(Date.parse(event.revokedAt), this.revoked.get(key) ?? 0);
    this.revoked.delete(key);
    this.revoked.set(key, revokedAt);
    onRevoked(event);
  }

  /** What only covers tokens that have expired by now. */
  private forget(): void {
    const horizon = Date.now() - this.keptMs;
    for (const [key, revokedAt] of this.revoked) {
      if (revokedAt > horizon) return;
      this.revoked.delete(key);
    }
  }

  private get keptMs(): number {
    return this.longestTokenLifeMs + overlapMs;
  }
}

function keyOf(device: { userId: string; deviceId: string }): string {
  return `${device.userId}/${device.deviceId}`;
}
