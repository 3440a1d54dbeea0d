import { type Presence, type PresenceSnapshot } from '@parley/contracts';
import { until } from './conditions.js';
import { type LoggedDevice } from './logged-device.js';

/** What a device is told of others, in order. */
export class SeenPresence {
  readonly changes: Presence[] = [];

  constructor(private readonly watcher: LoggedDevice) {
    watcher.client.on('presence', (presence) => this.changes.push(presence));
  }

  /** Watches people from now on; resolves when all of them may be seen. */
  async watch(userIds: readonly string[]): Promise<void> {
    await until('the people may be seen', async () => {
      return (await snapshot(this.watcher, userIds)).length === userIds.length;
    });
    await this.watcher.client.presence.watch(userIds);
  }

  /** Waits until the device holds this status. */
  async holds(userId: string, status: Presence['status'], withinMs = 10_000): Promise<Presence> {
    return until(
      `${userId} is ${status}`,
      () => {
        const presence = this.watcher.client.presence.of(userId);
        return presence?.status === status && presence;
      },
      withinMs,
    );
  }

  /** The statuses that somebody was told to have, without those that only came again. */
  statusesOf(userId: string): Presence['status'][] {
    return this.changes.filter((change) => change.userId === userId).map(({ status }) => status);
  }
}

/** What the service says now of those of them whom the device may see. */
export const snapshot = async (
  { client }: LoggedDevice,
  userIds: readonly string[],
): Promise<readonly Presence[]> => {
  const query = { userIds: userIds.join(',') };
  const { items } = await client.api.request<PresenceSnapshot>('GET', '/v1/presence', { query });
  return items;
};
