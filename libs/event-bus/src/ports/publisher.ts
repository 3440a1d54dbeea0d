import type { OutgoingRecord, WrittenAt } from './records.js';

/**
 * Some records of a publish were not confirmed. They may be written nevertheless, or still come to be:
 * whoever publishes again must be able to bear doubles. All others are written.
 */
export class PublishError extends Error {
  /** Where the confirmed records were written, by their index. */
  readonly written: ReadonlyMap<number, WrittenAt>;

  constructor(
    message: string,
    /** Indexes into the records that were to be published. */
    readonly unconfirmed: readonly number[],
    options: ErrorOptions & { written?: ReadonlyMap<number, WrittenAt> } = {},
  ) {
    super(message, options);
    this.name = 'PublishError';
    this.written = options.written ?? new Map<number, WrittenAt>();
  }
}

/** Writes records. Abstract rather than an interface so that it serves as an injection token. */
export abstract class Publisher {
  /**
   * Writes all records, those of one partition in the given order, and resolves when the brokers have confirmed
   * every topic and partition among them (acks = all). Two publishes under way at once have no order between them.
   * @param options.timeoutMs gives up after this many milliseconds (default 5,000)
   * @returns where each record was written, in the order given
   * @throws PublishError
   */
  abstract publish(
    records: readonly OutgoingRecord[],
    options?: { timeoutMs?: number },
  ): Promise<WrittenAt[]>;
}
