import { describe, expect, test } from '@jest/globals';
import { LatencyHistogram } from './latency-histogram.js';

const exactPercentile = (sorted: number[], fraction: number) =>
  sorted[Math.max(0, Math.ceil(sorted.length * fraction) - 1)] ?? 0;

describe('LatencyHistogram', () => {
  test('has percentiles within 1/64 of the exact ones, over six orders of magnitude', () => {
    const histogram = new LatencyHistogram();
    const values: number[] = [];
    let state = 7;
    for (let index = 0; index < 50_000; index += 1) {
      state = (state * 48_271) % 2_147_483_647;
      const value = 10 ** ((state / 2_147_483_647) * 6 - 2);
      values.push(value);
      histogram.record(value);
    }
    values.sort((a, b) => a - b);
    for (const fraction of [0.001, 0.1, 0.5, 0.95, 0.99, 0.9999]) {
      const exact = exactPercentile(values, fraction);
      expect(Math.abs(histogram.percentile(fraction) - exact)).toBeLessThanOrEqual(exact / 64 + 0.001);
    }
  });

  test('keeps the maximum exactly and never reports more than it', () => {
    const histogram = new LatencyHistogram();
    histogram.record(1);
    histogram.record(1234.567);
    expect(histogram.summary().max).toBe(1234.567);
    expect(histogram.percentile(1)).toBe(1234.567);
  });

  test('counts a value below zero as zero', () => {
    const histogram = new LatencyHistogram();
    histogram.record(-0.4);
    expect(histogram.summary()).toEqual({ p50: 0, p95: 0, p99: 0, max: 0 });
    expect(histogram.count).toBe(1);
  });

  test('says 0 when there is nothing', () => {
    expect(new LatencyHistogram().summary()).toEqual({ p50: 0, p95: 0, p99: 0, max: 0 });
  });
});
