import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { Spacing } from './spacing.js';

let start: number;
let spacing: Spacing;
let begun: number[];

beforeEach(() => {
  jest.useFakeTimers();
  start = performance.now();
  spacing = new Spacing(10);
  begun = [];
});
afterEach(() => void jest.useRealTimers());

const beginNext = async (): Promise<void> => {
  await spacing.rested();
  spacing.begin();
  begun.push(performance.now() - start);
};

test('the first does not wait, the second for the rest of the time, however long the first takes', async () => {
  await beginNext();
  await jest.advanceTimersByTimeAsync(4);
  const second = beginNext();
  await jest.advanceTimersByTimeAsync(5);
  expect(begun).toEqual([0]);
  await jest.advanceTimersByTimeAsync(1);
  await second;
  expect(begun).toEqual([0, 10]);
  await jest.advanceTimersByTimeAsync(10);
  await beginNext();
  expect(begun).toEqual([0, 10, 20]);
});

test('whoever waits is let go when enough have gathered, and the time counts from then', async () => {
  await beginNext();
  const second = beginNext();
  await jest.advanceTimersByTimeAsync(3);
  spacing.hurry();
  await second;
  expect(begun).toEqual([0, 3]);
  expect(jest.getTimerCount()).toBe(0);
  void beginNext();
  await jest.advanceTimersByTimeAsync(9);
  expect(begun).toEqual([0, 3]);
  await jest.advanceTimersByTimeAsync(1);
  expect(begun).toEqual([0, 3, 13]);
});

test('a hurry while nobody waits lets nobody go later', async () => {
  await beginNext();
  spacing.hurry();
  void beginNext();
  await jest.advanceTimersByTimeAsync(9);
  expect(begun).toEqual([0]);
});

test('without a spacing nothing is kept apart', async () => {
  spacing = new Spacing(0);
  await beginNext();
  await beginNext();
  expect(begun).toEqual([0, 0]);
});
