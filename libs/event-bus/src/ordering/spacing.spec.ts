import { beforeEach, expect, test } from '@jest/globals';
import { Spacing } from './spacing.js';

/** Time that passes only when the test says so. */
class ManualTime {
  private time = 0;
  private due: { at: number; run: () => void }[] = [];

  readonly now = (): number => this.time;

  readonly later = (delayMs: number, run: () => void): (() => void) => {
    const entry = { at: this.time + delayMs, run };
    this.due.push(entry);
    return () => void (this.due = this.due.filter((other) => other !== entry));
  };

  async pass(milliseconds: number): Promise<void> {
    this.time += milliseconds;
    for (const entry of this.due.filter(({ at }) => at <= this.time)) {
      this.due = this.due.filter((other) => other !== entry);
      entry.run();
    }
    await new Promise((resolve) => setImmediate(resolve));
  }

  get pending(): number {
    return this.due.length;
  }
}

let time: ManualTime;
let spacing: Spacing;
let begun: number[];

beforeEach(() => {
  time = new ManualTime();
  spacing = new Spacing(10, time);
  begun = [];
});

const beginNext = async (): Promise<void> => {
  await spacing.rested();
  spacing.begin();
  begun.push(time.now());
};

test('the first does not wait, the second for the rest of the time, however long the first takes', async () => {
  await beginNext();
  await time.pass(4);
  const second = beginNext();
  await time.pass(5);
  expect(begun).toEqual([0]);
  await time.pass(1);
  await second;
  expect(begun).toEqual([0, 10]);
  await time.pass(10);
  await beginNext();
  expect(begun).toEqual([0, 10, 20]);
});

test('whoever waits is let go when enough have gathered, and the time counts from then', async () => {
  await beginNext();
  const second = beginNext();
  await time.pass(3);
  spacing.hurry();
  await second;
  expect(begun).toEqual([0, 3]);
  expect(time.pending).toBe(0);
  void beginNext();
  await time.pass(9);
  expect(begun).toEqual([0, 3]);
  await time.pass(1);
  expect(begun).toEqual([0, 3, 13]);
});

test('a hurry while nobody waits lets nobody go later', async () => {
  await beginNext();
  spacing.hurry();
  void beginNext();
  await time.pass(9);
  expect(begun).toEqual([0]);
});

test('without a spacing nothing is kept apart', async () => {
  spacing = new Spacing(0, time);
  await beginNext();
  await beginNext();
  expect(begun).toEqual([0, 0]);
});
