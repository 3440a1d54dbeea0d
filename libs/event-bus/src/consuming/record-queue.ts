import type { ReceivedRecord } from '../ports/records.js';

/** How much of one partition waits in memory before fetching pauses. */
export interface QueueLimits {
  readonly records: number;
  readonly bytes: number;
}

/** Records of one partition that were fetched and wait for their reader; taken from the front without copying. */
export class RecordQueue {
  private items: ReceivedRecord[] = [];
  private head = 0;
  private bytes = 0;

  constructor(private readonly limits: QueueLimits) {}

  get length(): number {
    return this.items.length - this.head;
  }

  get isFull(): boolean {
    return this.length >= this.limits.records || this.bytes >= this.limits.bytes;
  }

  /** Half empty again. */
  get hasRoom(): boolean {
    return this.length <= this.limits.records / 2 && this.bytes <= this.limits.bytes / 2;
  }

  push(record: ReceivedRecord): void {
    this.items.push(record);
    this.bytes += record.value?.length ?? 0;
  }

  peek(): ReceivedRecord | undefined {
    return this.items[this.head];
  }

  shift(): ReceivedRecord | undefined {
    const record = this.items[this.head];
    if (!record) return undefined;
    this.head++;
    this.bytes -= record.value?.length ?? 0;
    if (this.head === this.items.length) {
      this.items = [];
      this.head = 0;
    }
    return record;
  }
}
