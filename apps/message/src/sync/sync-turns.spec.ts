import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { SyncController } from './sync.controller.js';
import { SyncTurns } from './sync-turns.js';

let turns: SyncTurns;
let begun: number[];
let ends: { resolve(): void; reject(error: Error): void }[];

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'queueMicrotask', 'nextTick'] });
  turns = new SyncTurns();
  begun = [];
  ends = [];
});
afterEach(() => void jest.useRealTimers());

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
  await turn();
  ends.at(-1)?.resolve();
});

test('whoever waits for too long is refused, retryably, and those behind are not held up by it', async () => {
  const answers = [1, 2, 3, 4].map(ask);
  const refused = expect(answers[3]).rejects.toMatchObject({ code: 'OVERLOADED', retryAfterMs: 2_000 });
  jest.advanceTimersByTime(9_999);
  const late = ask(5);
  jest.advanceTimersByTime(1);
  await refused;
  ends[0]?.resolve();
  await turn();
  expect(begun).toEqual([1, 2, 3, 5]);
  for (const { resolve } of ends) resolve();
  expect(await Promise.all([...answers.slice(0, 3), late])).toEqual([1, 2, 3, 5]);
});

test('an answer that hangs gives its turn back once, and may still be made', async () => {
  const answers = [1, 2, 3].map(ask);
  jest.advanceTimersByTime(10_000);
  const waiting = [4, 5, 6, 7].map(ask);
  jest.advanceTimersByTime(5_000);
  await turn();
  expect(begun).toEqual([1, 2, 3, 4, 5, 6]);
  for (const { resolve } of ends.slice(0, 3)) resolve();
  expect(await Promise.all(answers)).toEqual([1, 2, 3]);
  await turn();
  expect(begun).toEqual([1, 2, 3, 4, 5, 6]);
  ends[3]?.resolve();
  await turn();
  for (const { resolve } of ends) resolve();
  expect(await Promise.all(waiting)).toEqual([4, 5, 6, 7]);
});

test('both questions take turns', async () => {
  const never = (): Promise<never> => {
    begun.push(begun.length + 1);
    return new Promise(() => undefined);
  };
  const controller = new SyncController({ read: never } as never, { read: never } as never, turns);
  for (let n = 0; n < 2; n++) void controller.whatMoved({ userId: 'ada' } as never, {});
  for (let n = 0; n < 2; n++) void controller.sync({ userId: 'ada' } as never, { cursors: {} });
  await turn();
  expect(begun).toEqual([1, 2, 3]);
});
