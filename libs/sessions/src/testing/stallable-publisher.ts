import { type OutgoingRecord, Publisher, PublishError, type WrittenAt } from '@parley/event-bus';

/** A publisher whose broker can stall, refuse, or lose records of some kind. */
export class StallablePublisher extends Publisher {
  /** Every publish that reached it. */
  readonly published: (readonly OutgoingRecord[])[] = [];
  private refusing = false;
  private losing: (record: OutgoingRecord) => boolean = () => false;
  private stalled: (() => void)[] | undefined;

  constructor(private readonly inner: Publisher) {
    super();
  }

  /** Publishes hang from now on. */
  stall(): void {
    this.stalled ??= [];
  }

  /** What hung is written now. */
  resume(): void {
    const waiting = this.stalled ?? [];
    this.stalled = undefined;
    for (const go of waiting) go();
  }

  /** Publishes fail, without anything being written. */
  refuse(refusing: boolean): void {
    this.refusing = refusing;
  }

  /** These records are confirmed, but no reader ever sees them. */
  lose(losing: (record: OutgoingRecord) => boolean): void {
    this.losing = losing;
  }

  override async publish(records: readonly OutgoingRecord[]): Promise<WrittenAt[]> {
    this.published.push(records);
    const { stalled } = this;
    if (stalled) await new Promise<void>((resolve) => stalled.push(resolve));
    if (this.refusing) throw new PublishError('refused', [...records.keys()]);
    return this.inner.publish(records.filter((record) => !this.losing(record)));
  }
}
