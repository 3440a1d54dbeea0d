import type { TopicPartition } from '../../ports/records.js';
import { type ClusterClient } from './cluster-client.js';

/**
 * Offsets of partitions at a time, in the order asked. Who leads them is asked for where nobody knows, and after a failure.
 * @param attempt 0 for the first
 */
export async function offsetsAt(
  client: ClusterClient,
  partitions: readonly TopicPartition[],
  timestamp: number,
  attempt: number,
): Promise<number[]> {
  if (attempt > 0 || partitions.some((each) => client.leaderOf(each) === undefined)) {
    await client.refresh([...new Set(partitions.map(({ topic }) => topic))]);
  }
  return client.listOffsets(partitions.map((each) => ({ ...each, timestamp })));
}
