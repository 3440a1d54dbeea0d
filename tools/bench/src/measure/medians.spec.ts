import { expect, test } from '@jest/globals';
import { type Figures, median, ratiosOf } from './medians.js';

test('the median is in the middle', () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([4, 1, 9, 6])).toBe(5);
  expect(median([10, 9, 100])).toBe(10);
  expect(() => median([])).toThrow(RangeError);
});

test('each run is compared with the one of its own pair', () => {
  const figures = (ackP99: number, cpuSecondsPer1000: number): Figures => {
    return {
      ackedPerSecond: 100,
      ackP50: 1,
      ackP99,
      cpuSecondsPer1000,
      cpuByProcess: {},
      clientCpuSeconds: 1,
    };
  };
  // A machine that gets slower all the time makes no difference.
  const pairs = [1, 10, 100].map((slowness, index) => {
    return {
      without: figures(slowness, slowness),
      with: figures(slowness * (1 + index), slowness * 1.25),
    };
  });
  expect(ratiosOf(pairs)).toEqual({ ackP99: 2, cpuSecondsPer1000: 1.25 });
});
