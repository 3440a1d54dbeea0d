import { beforeEach, expect, test } from '@jest/globals';
import { SyncTurns } from './sync-turns.js';

let turns: SyncTurns;
let begun: number[];
let ends: { resolve(): void; reject(error: Error): void }[];

beforeEach(() => {
  turns = new SyncTurns();
  begun = [];
  ends = [];
});

const ask = (number: number): Promise<number> =>
  turns.take(async () => {
    begun.push(number);
    await new Promise<void>((resolve, reject) => ends.push({ resolve, reject }));
    return number;
  });
const turn = () => new Promise((resolve) => setImmediate(resolve));

test('a few are answered at once, the others in the order in which they asked', async () => {
  const answers = [1, 2, 3, 4, 5].map(ask);
  await turn();
  expect(begun).toEqual([1, 2, 3]);
  ends[1]?.resolve();
  expect(await answers[1]).toBe(2);
  await turn();
  expect(begun).toEqual([1, 2, 3, 4]);
  ends[0]?.resolve();
  await turn();
  expect(begun).toEqual([1, 2, 3, 4, 5]);
});

test('an answer that fails makes room as well', async () => {
  const answers = [1, 2, 3, 4].map(ask);
  await turn();
  ends[0]?.reject(new Error('the database is away'));
  await expect(answers[0]).rejects.toThrow('the database is away');
  await turn();
  expect(begun).toEqual([1, 2, 3, 4]);
  for (const { resolve } of ends) resolve();
  expect(await Promise.all(answers.slice(1))).toEqual([2, 3, 4]);
  await turn();
  void [5, 6, 7, 8].map(ask);
  await turn();
  expect(begun).toEqual([1, 2, 3, 4, 5, 6, 7]);
  for (const { resolve } of ends) resolve();
});
