import { Api, Conversations, mintId } from '@parley/client';
import { type Page, type Reader } from '@parley/contracts';
import { limits } from '@parley/contracts/constants';
import { TestDatabase } from '@parley/e2e/harness';
import { type LoadDevice, type TrafficJob } from '../load/job.js';
import { type MeasuredSystem } from './system.js';

const AT_A_TIME = 16;

export type Population = Pick<TrafficJob, 'devices' | 'conversations'>;

/** Pairs of people with one device each, who write to each other. */
export async function pairs(
  system: MeasuredSystem,
  deviceCount: number,
  gatewayUrls = system.gatewayUrls,
): Promise<Population> {
  const devices = await people(system, deviceCount - (deviceCount % 2), gatewayUrls);
  const conversations = await inParallel(devices.length / 2, async (pair) => {
    const members = [2 * pair, 2 * pair + 1] as const;
    const [one, other] = members.map((index) => devices[index] as LoadDevice) as [LoadDevice, LoadDevice];
    const { id } = await conversationsOf(system, one).createDirect(other.userId);
    return { id, devices: [...members] };
  });
  return { devices, conversations };
}

/** Groups of that many members, all with one device each; the same people share so many of them (1). */
export async function groups(
  system: MeasuredSystem,
  deviceCount: number,
  memberCount: number,
  { shared = 1, gatewayUrls = system.gatewayUrls } = {},
): Promise<Population> {
  const circles = Math.max(1, Math.floor(deviceCount / memberCount));
  const devices = await people(system, circles * memberCount, gatewayUrls);
  const conversations = await inParallel(circles * shared, async (group) => {
    const circle = group % circles;
    const members = Array.from({ length: memberCount }, (_, index) => circle * memberCount + index);
    const id = await createGroup(
      system,
      `group ${group}`,
      members.map((index) => devices[index] as LoadDevice),
    );
    return { id, devices: members };
  });
  return { devices, conversations };
}

/** The first one makes it, and adds those whom one request does not take. */
async function createGroup(
  system: MeasuredSystem,
  name: string,
  [owner, ...others]: readonly LoadDevice[],
): Promise<string> {
  if (owner === undefined) throw new RangeError('a group has at least one member');
  const conversations = conversationsOf(system, owner);
  const most = limits.membersPerRequest.max;
  const ids = others.map(({ userId }) => userId);
  const { id } = await conversations.createGroup({ name, memberIds: ids.slice(0, most) });
  for (let from = most; from < ids.length; from += most)
    await conversations.addMembers(id, ids.slice(from, from + most));
  return id;
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
async function people(
  system: MeasuredSystem,
  count: number,
  gatewayUrls = system.gatewayUrls,
): Promise<LoadDevice[]> {
  const devices = strangers(system, count, gatewayUrls);
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

/** The ids of all who have read the message with that seq, as one of the members is told. */
export async function readersOf(
  system: MeasuredSystem,
  { token }: LoadDevice,
  conversationId: string,
  seq: number,
): Promise<string[]> {
  const api = new Api({ url: system.url, token: () => token });
  const path = `/v1/conversations/${conversationId}/messages/${seq}/readers`;
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const query = { cursor, limit: limits.listPage.max };
    const page: Page<Reader> = await api.request('GET', path, { query });
    ids.push(...page.items.map(({ userId }) => userId));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return ids;
}
