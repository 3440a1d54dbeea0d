import { expect, test } from '@jest/globals';
import { drawSchedule } from '../faults/schedule.js';
import { SeededRandom } from './random.js';

test('the same seed draws the same schedule, another seed another one', () => {
  const draw = (seed: number) =>
    drawSchedule(new SeededRandom(seed), {
      kinds: ['gateway', 'message'],
      count: 20,
      processes: 2,
      afterMs: [0, 5_000],
      awayMs: [0, 3_000],
    });
  expect(draw(7)).toEqual(draw(7));
  expect(draw(7)).not.toEqual(draw(8));
});

test('numbers stay in their range', () => {
  const random = new SeededRandom(1);
  const numbers = Array.from({ length: 1_000 }, () => random.between(2, 5));
  expect(new Set(numbers)).toEqual(new Set([2, 3, 4]));
});
