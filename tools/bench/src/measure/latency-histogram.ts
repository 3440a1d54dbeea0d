const SUB_BUCKET_BITS = 6;
const SUB_BUCKETS = 2 ** SUB_BUCKET_BITS;
/** Buckets of a power of two each, from 1 µs to over an hour. */
const POWERS = 32;

/** Milliseconds. */
export interface LatencySummary {
  p50: number;
  p95: number;
  p99: number;
  max: number;
}

/**
 * Counts latencies in buckets whose width grows with the value, so that any percentile is off by less than 1/64,
 * however many values there are. The maximum is exact.
 */
export class LatencyHistogram {
  private readonly counts = new Float64Array(POWERS * SUB_BUCKETS);
  private total = 0;
  private maxMicros = 0;

  get count(): number {
    return this.total;
  }

  /** Negative values, which rounding of clocks can produce, count as 0. */
  record(milliseconds: number): void {
    const micros = Math.max(0, Math.round(milliseconds * 1000));
    const bucket = bucketOf(micros);
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
    this.total += 1;
    if (micros > this.maxMicros) this.maxMicros = micros;
  }

  /** The smallest value that `fraction` of all values do not exceed, in milliseconds. */
  percentile(fraction: number): number {
    const rank = Math.max(1, Math.ceil(this.total * fraction));
    let seen = 0;
    for (let bucket = 0; bucket < this.counts.length; bucket += 1) {
      seen += this.counts[bucket] ?? 0;
      if (seen >= rank) return Math.min(upperEdge(bucket), this.maxMicros) / 1000;
    }
    return 0;
  }

  summary(): LatencySummary {
    return {
      p50: this.percentile(0.5),
      p95: this.percentile(0.95),
      p99: this.percentile(0.99),
      max: this.maxMicros / 1000,
    };
  }
}

/** Values below 2 × SUB_BUCKETS have a bucket each; above, each power of two is cut into SUB_BUCKETS. */
function bucketOf(micros: number): number {
  if (micros < 2 * SUB_BUCKETS) return micros;
  const power = Math.floor(Math.log2(micros)) - SUB_BUCKET_BITS;
  const bucket = power * SUB_BUCKETS + Math.floor(micros / 2 ** power);
  return Math.min(bucket, POWERS * SUB_BUCKETS - 1);
}

/** The largest value of a bucket. */
function upperEdge(bucket: number): number {
  if (bucket < 2 * SUB_BUCKETS) return bucket;
  const power = Math.floor(bucket / SUB_BUCKETS) - 1;
  return (bucket - power * SUB_BUCKETS + 1) * 2 ** power - 1;
}
