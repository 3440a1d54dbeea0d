import type { OutgoingRecord } from '../ports/records.js';
import type { TopicSpec } from '../ports/topic-admin.js';

/** Brokers refuse records above 1 MiB with everything around them; a bundle is split below this. Bytes. */
export const maxRecordBytes = 1_000_000;

/** Why a record can never be written to its topic, if so; both buses refuse the same. */
export function whyUnwritable(
  { key, value }: OutgoingRecord,
  topic: TopicSpec,
  bytes: number,
): string | undefined {
  if (bytes > maxRecordBytes) return `a record of ${bytes} bytes is above the limit of ${maxRecordBytes}`;
  if (topic.compacted && key === undefined) return 'a record of a compacted topic needs a key';
  if (topic.bundled && value === null) return 'a bundled topic takes no tombstones';
  if (topic.bundled && value?.includes('\n')) return 'an item of a bundled topic holds no line break';
  return undefined;
}
