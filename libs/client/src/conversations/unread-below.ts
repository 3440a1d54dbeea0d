/** So often the server is asked to count behind a mark that it may not have yet, or that means nothing to it. */
const ATTEMPTS = 5;

/**
 * Unread messages below the floor, which the device does not hold: as many as the server counted, and what became of them
 * since.
 */
export class UnreadBelow {
  private count = 0;
  /** The own mark behind which they are counted. */
  private fromSeq = 0;
  /** Where the own mark stood here at the last count, and how many counts it has stood there. */
  private stoodAt = 0;
  private attempts = 0;

  /**
   * @param count without end where there are as many as the server counts, or more
   * @param fromSeq the own mark as the server knows it
   * @param readSeq as it stands here
   */
  counted(count: number, fromSeq: number, readSeq = fromSeq): void {
    this.count = count;
    this.fromSeq = fromSeq;
    this.attempts = readSeq === this.stoodAt ? this.attempts + 1 : 1;
    this.stoodAt = readSeq;
  }

  /** One more or less, at this number. */
  change(seq: number, by: 1 | -1): void {
    if (seq > this.fromSeq) this.count += by;
  }

  behind(readSeq: number, floorSeq: number): number {
    const places = Math.max(0, floorSeq - 1 - readSeq);
    // Where the own mark has moved among them, nobody here knows how many it passed.
    return places > 0 && readSeq <= this.fromSeq ? this.count : Math.min(this.count, places);
  }

  /** The own mark moved among them: only the server can count them now. */
  isOutdated(readSeq: number, floorSeq: number): boolean {
    const isAmong = readSeq > this.fromSeq && readSeq < floorSeq - 1;
    return this.count > 0 && isAmong && (readSeq !== this.stoodAt || this.attempts < ATTEMPTS);
  }
}
