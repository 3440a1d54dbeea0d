import { type CpuSeconds } from './cpu-sampler.js';

/** One run of a load alone and one with something beside it. */
export interface Pair {
  without: Figures;
  with: Figures;
}

export interface Figures {
  ackedPerSecond: number;
  /** Milliseconds. */
  ackP50: number;
  ackP99: number;
  /** Of all server processes. */
  cpuSecondsPer1000: number;
  /** In the whole interval. */
  cpuByProcess: CpuSeconds;
  /** Of the process that sends the messages. */
  clientCpuSeconds: number;
}

/** What the companion costs: medians over all pairs of what it multiplies within each. */
export interface PairRatios {
  ackP99: number;
  cpuSecondsPer1000: number;
}

export function ratiosOf(pairs: readonly Pair[]): PairRatios {
  const ratio = (figure: 'ackP99' | 'cpuSecondsPer1000') =>
    median(pairs.map((pair) => pair.with[figure] / pair.without[figure]));
  return { ackP99: ratio('ackP99'), cpuSecondsPer1000: ratio('cpuSecondsPer1000') };
}

/** The mean of the two in the middle where their number is even. @throws RangeError without any */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const [lower, upper] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  if (lower === undefined || upper === undefined) throw new RangeError('there is no median without a value');
  return (lower + upper) / 2;
}
