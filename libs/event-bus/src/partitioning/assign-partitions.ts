import type { TopicPartition } from '../ports/records.js';

export interface GroupMember {
  readonly id: string;
  readonly topics: readonly string[];
}

/**
 * Deals partitions out among the members of a group by partition number, so that partition p of every topic goes to
 * the same member. The result depends on nothing but the members, whoever computes it.
 */
export function assignPartitions(
  members: readonly GroupMember[],
  partitionsOf: (topic: string) => number,
): Map<string, TopicPartition[]> {
  const sorted = [...members].sort((a, b) => (a.id < b.id ? -1 : 1));
  const assignment = new Map<string, TopicPartition[]>(sorted.map(({ id }) => [id, []]));
  const topics = [...new Set(sorted.flatMap((member) => member.topics))].sort();
  for (const topic of topics) {
    const readers = sorted.filter((member) => member.topics.includes(topic));
    for (let partition = 0; partition < partitionsOf(topic); partition++) {
      const reader = readers[partition % readers.length];
      if (reader) assignment.get(reader.id)?.push({ topic, partition });
    }
  }
  return assignment;
}
