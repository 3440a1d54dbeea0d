import type { TopicPartition } from '../../ports/records.js';
import { type ClusterClient, earliest, groupByTopic } from '../wire/cluster-client.js';
import { throwIfError } from '../wire/error-codes.js';
import type { Generation } from './group-membership.js';

interface OffsetFetchAnswer {
  readonly errorCode: number;
  readonly responses: readonly {
    readonly topic: string;
    readonly partitions: readonly { partition: number; offset: string; errorCode: number }[];
  }[];
}

/** Where a group goes on in each partition: its commit, or the earliest record where it never committed. */
export async function committedOffsets(
  client: ClusterClient,
  { group, coordinator }: Pick<Generation, 'group' | 'coordinator'>,
  partitions: readonly TopicPartition[],
): Promise<number[]> {
  if (partitions.length === 0) return [];
  const topics = groupByTopic(partitions, ({ partition }) => ({ partition }));
  const answer = await client.send<OffsetFetchAnswer>(coordinator, 'OffsetFetch', { groupId: group, topics });
  throwIfError(answer.errorCode, `reading the offsets of group ${group}`);
  const offsets = partitions.map(({ topic, partition }) => {
    const ofTopic = answer.responses.find((response) => response.topic === topic);
    const found = ofTopic?.partitions.find((each) => each.partition === partition);
    throwIfError(found?.errorCode ?? 0, `reading the offset of ${topic}/${partition} of group ${group}`);
    return Number(found?.offset ?? -1);
  });
  const fresh = partitions.filter((_, index) => (offsets[index] ?? -1) < 0);
  if (fresh.length === 0) return offsets;
  await client.refresh([...new Set(partitions.map(({ topic }) => topic))]);
  const starts = await client.listOffsets(fresh.map((partition) => ({ ...partition, timestamp: earliest })));
  return offsets.map((offset) => (offset < 0 ? (starts.shift() ?? 0) : offset));
}
