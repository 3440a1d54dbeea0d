import { accountEventRecordSchema, type DeviceRevoked, topics } from '@parley/contracts';
import { type Following, LogReader, type ReceivedRecord, TopicAdmin } from '@parley/event-bus';
import { Log } from '@parley/service';

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
    private readonly reader: LogReader,
    private readonly topics: TopicAdmin,
    private readonly log: Log,
    private readonly longestTokenLifeMs: number,
  ) {}

  /**
   * Resolves when all revocations that still matter are known.
   * @param onRevoked told about each one; a session of that device with an older token has to end
   */
  async follow(onRevoked: (event: DeviceRevoked) => void): Promise<void> {
    await this.topics.ensure([topics.accountEvents]);
    this.following = await this.reader.follow({
      topics: [topics.accountEvents.name],
      from: { time: this.horizon() },
      onRecords: (records) => {
        for (const record of records) this.read(record, onRevoked);
        this.forget();
      },
    });
    await this.following.caughtUp;
  }

  /** True for a token that was made before its device was logged out. */
  covers(token: IssuedToken): boolean {
    return token.issuedAt < (this.revoked.get(keyOf(token)) ?? 0);
  }

  async stop(): Promise<void> {
    await this.following?.stop();
  }

  private read(record: ReceivedRecord, onRevoked: (event: DeviceRevoked) => void): void {
    const event = this.decode(record);
    if (event?.event !== 'device.revoked') return;
    const key = keyOf(event);
    const revokedAt = Math.max(Date.parse(event.revokedAt), this.revoked.get(key) ?? 0);
    this.revoked.delete(key);
    this.revoked.set(key, revokedAt);
    onRevoked(event);
  }

  private decode(record: ReceivedRecord) {
    try {
      return accountEventRecordSchema.parse(JSON.parse(record.value?.toString() ?? 'null'));
    } catch (error) {
      const { topic, partition, offset } = record;
      this.log.warn({ err: error, topic, partition, offset }, 'an account event that cannot be read');
      return undefined;
    }
  }

  /** What only covers tokens that have expired by now. */
  private forget(): void {
    const horizon = this.horizon();
    for (const [key, revokedAt] of this.revoked) {
      if (revokedAt > horizon) return;
      this.revoked.delete(key);
    }
  }

  private horizon(): number {
    return Date.now() - this.longestTokenLifeMs - overlapMs;
  }
}

function keyOf(device: { userId: string; deviceId: string }): string {
  return `${device.userId}/${device.deviceId}`;
}
