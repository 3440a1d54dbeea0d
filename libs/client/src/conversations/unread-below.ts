/**
 * Unread messages below the floor, which the device does not hold: as many as the server counted, and what became of them
 * since.
 */
export class UnreadBelow {
  private count = 0;
  /** The own mark behind which they are counted. */
  private fromSeq = 0;

  /** @param count without end where there are as many as the server counts, or more */
  counted(count: number, fromSeq: number): void {
    this.count = count;
    this.fromSeq = fromSeq;
  }

  /** One more or less, at this number. */
  change(seq: number, by: 1 | -1): void {
    if (seq > this.fromSeq) this.count += by;
  }

  behind(readSeq: number, floorSeq: number): number {
    const places = Math.max(0, floorSeq - 1 - readSeq);
    // Where the own mark has moved among them, nobody here knows how many it passed.
    return this.isOutdated(readSeq, floorSeq) ? Math.min(this.count, places) : places && this.count;
  }

  /** The own mark moved among them: only the server can count them now. */
  isOutdated(readSeq: number, floorSeq: number): boolean {
    return this.count > 0 && readSeq > this.fromSeq && readSeq < floorSeq - 1;
  }
}
