import { type InstanceRecord, instanceRecordSchema } from '@parley/contracts';
import type { ReceivedRecord } from '@parley/event-bus';
import type { SessionsLog } from '../log.js';

/** The record, or undefined (and a line in the log) where this version cannot read it. */
export function readInstanceRecord(record: ReceivedRecord, log: SessionsLog): InstanceRecord | undefined {
  try {
    return instanceRecordSchema.parse(JSON.parse(record.value?.toString() ?? 'null'));
  } catch (error) {
    log.warn(
      { err: error, topic: record.topic, offset: record.offset },
      'an unreadable record of a process life',
    );
    return undefined;
  }
}
