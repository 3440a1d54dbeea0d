import { Api, Conversations, mintId } from '@parley/client';
import { TestDatabase } from '@parley/e2e/harness';
import { type LoadDevice, type TrafficJob } from '../load/job.js';
import { type MeasuredSystem } from './system.js';

const AT_A_TIME = 16;

export type Population = Pick<TrafficJob, 'devices' | 'conversations'>;

/** Pairs of people with one device each, who write to each other. */
export async function pairs(system: MeasuredSystem, deviceCount: number): Promise<Population> {
  const devices = await people(system, deviceCount - (deviceCount % 2));
  const conversations = await inParallel(devices.length / 2, async (pair) => {
    const members = [2 * pair, 2 * pair + 1] as const;
    const [one, other] = members.map((index) => devices[index] as LoadDevice) as [LoadDevice, LoadDevice];
    const { id } = await conversationsOf(system, one).createDirect(other.userId);
    return { id, devices: [...members] };
  });
  return { devices, conversations };
}

/** Groups of that many members, all with one device each. */
export async function groups(
  system: MeasuredSystem,
  deviceCount: number,
  memberCount: number,
): Promise<Population> {
  const groupCount = Math.max(1, Math.floor(deviceCount / memberCount));
  const devices = await people(system, groupCount * memberCount);
  const conversations = await inParallel(groupCount, async (group) => {
    const members = Array.from({ length: memberCount }, (_, index) => group * memberCount + index);
    const [owner, ...others] = members.map((index) => devices[index] as LoadDevice) as [
      LoadDevice,
      ...LoadDevice[],
    ];
    const memberIds = others.map(({ userId }) => userId);
    const { id } = await conversationsOf(system, owner).createGroup({ name: `group ${group}`, memberIds });
    return { id, devices: members };
  });
  return { devices, conversations };
}

/** Devices of people of whom there is nothing but a valid token: enough for a session. */
export function strangers(
  system: MeasuredSystem,
  count: number,
  gatewayUrls: readonly string[],
): LoadDevice[] {
  return Array.from({ length: count }, (_, index) => {
    const [userId, deviceId] = [mintId(), mintId()];
    const gateway = gatewayUrls[index % gatewayUrls.length] ?? system.url;
    return { userId, deviceId, token: system.issuer.token({ userId, deviceId }), gateway };
  });
}

/** Their rows are written to the database directly: registering them would hash a password each. */
async function people(system: MeasuredSystem, count: number): Promise<LoadDevice[]> {
  const devices = strangers(system, count, system.gatewayUrls);
  const database = new TestDatabase(system.databaseUrl);
  try {
    await database.addUsers(devices.map(({ userId }) => userId));
  } finally {
    await database.end();
  }
  return devices;
}

function conversationsOf(system: MeasuredSystem, { token }: LoadDevice): Conversations {
  return new Conversations(new Api({ url: system.url, token: () => token }));
}

/** Results in the order of the indices. */
export async function inParallel<Result>(
  count: number,
  make: (index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const work = async () => {
    while (next < count) {
      const index = next++;
      results[index] = await make(index);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
  return results;
}
