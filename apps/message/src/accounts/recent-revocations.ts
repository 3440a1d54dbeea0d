import { type DeviceRevoked, topics } from '@parley/contracts';
import { createPool } from '@parley/database';
import { type EventBus } from '@parley/event-bus';
import { ACCESS_TOKEN_SECONDS } from './access-tokens.js';

/**
 * Tells a bus that has forgotten everything which devices were logged out so lately that tokens from before are
 * still alive. Call it before anything reads `account.events`.
 */
export async function tellRecentRevocations(databaseUrl: string, bus: EventBus): Promise<void> {
  const failOnce = () => undefined;
  const pool = createPool({ url: databaseUrl, applicationName: 'start', max: 1, onIdleError: failOnce });
  try {
    const { rows } = await pool.query<{ userId: string; deviceId: string; revokedAt: Date }>(
      `SELECT user_id AS "userId", id AS "deviceId", revoked_at AS "revokedAt" FROM messaging.devices
       WHERE revoked_at > now() - make_interval(secs => $1) ORDER BY revoked_at`,
      [ACCESS_TOKEN_SECONDS + 60],
    );
    await bus.topics.ensure([topics.accountEvents]);
    const events = rows.map(({ userId, deviceId, revokedAt }): DeviceRevoked => {
      return { event: 'device.revoked', contract: 1, userId, deviceId, revokedAt: revokedAt.toISOString() };
    });
    const topic = topics.accountEvents.name;
    await bus.publisher.publish(
      events.map((event) => ({ topic, key: event.userId, value: JSON.stringify(event) })),
    );
  } finally {
    await pool.end();
  }
}
