import { type AccountEventRecord, accountEventRecordSchema, topics } from '@parley/contracts';
import { type Following, type LogReader, type ReceivedRecord, type TopicAdmin } from '@parley/event-bus';
import { type Log } from '../logging/log.js';

export interface AccountLog {
  readonly reader: LogReader;
  readonly topics: TopicAdmin;
  readonly log: Log;
}

/**
 * Reads `account.events` in this process, from that long ago. What cannot be read is logged and passed over.
 * @param onEvents told after each batch of records; when each was written is in milliseconds since the epoch
 */
export async function followAccounts(
  { reader, topics: topicAdmin, log }: AccountLog,
  sinceMs: number,
  onEvents: (events: readonly { event: AccountEventRecord; at: number }[]) => void,
): Promise<Following> {
  await topicAdmin.ensure([topics.accountEvents]);
  return reader.follow({
    topics: [topics.accountEvents.name],
    from: { time: Date.now() - sinceMs },
    onRecords: (records) => {
      onEvents(
        records.flatMap((record) => {
          const event = decode(record, log);
          return event ? [{ event, at: record.timestamp }] : [];
        }),
      );
    },
  });
}

function decode(record: ReceivedRecord, log: Log): AccountEventRecord | undefined {
  try {
    return accountEventRecordSchema.parse(JSON.parse(record.value?.toString() ?? 'null'));
  } catch (error) {
    const { topic, partition, offset } = record;
    log.warn({ err: error, topic, partition, offset }, 'an account event that cannot be read');
    return undefined;
  }
}
