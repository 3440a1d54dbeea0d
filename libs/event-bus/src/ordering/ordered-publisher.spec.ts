import { beforeEach, expect, test } from '@jest/globals';
import { PublishError, Publisher } from '../ports/publisher.js';
import type { OutgoingRecord, WrittenAt } from '../ports/records.js';
import { type Append, OrderedPublisher, type OrderedPublisherOptions } from './ordered-publisher.js';

/** A publisher whose publishes end when the test says so. */
class SteppedPublisher extends Publisher {
  readonly published: string[][] = [];
  readonly timeouts: (number | undefined)[] = [];
  private readonly underWay: { resolve(written: WrittenAt[]): void; reject(error: Error): void }[] = [];

  override publish(records: readonly OutgoingRecord[], options: { timeoutMs?: number } = {}) {
    this.published.push(records.map(({ value }) => value ?? ''));
    this.timeouts.push(options.timeoutMs);
    return new Promise<WrittenAt[]>((resolve, reject) => this.underWay.push({ resolve, reject }));
  }

  async confirm(): Promise<void> {
    this.underWay.shift()?.resolve((this.published.at(-1) ?? []).map((_, index) => at(index)));
    await turn();
  }

  async refuse(error: Error): Promise<void> {
    this.underWay.shift()?.reject(error);
    await turn();
  }
}

const at = (offset: number): WrittenAt => ({ topic: 'commands', partition: 0, offset, index: 0 });
const turn = () => new Promise((resolve) => setImmediate(resolve));

let publisher: SteppedPublisher;
let told: string[];
beforeEach(() => {
  publisher = new SteppedPublisher();
  told = [];
});

/** @returns a way to append a record that tells what becomes of it */
function begin(options: OrderedPublisherOptions = {}) {
  const ordered = new OrderedPublisher(publisher, options);
  return (lane: unknown, value: string, more: Partial<Append> = {}) =>
    ordered.append({
      lane,
      record: { topic: 'commands', value },
      onWritten: ({ offset }) => told.push(`${value} at ${offset}`),
      onFailed: (outcome) => told.push(`${value} ${outcome}`),
      ...more,
    });
}

test('one publish is under way at a time, and the next takes all that came meanwhile', async () => {
  const append = begin();
  append('ada', 'a1');
  append('grace', 'g1');
  await turn();
  append('ada', 'a2');
  append('grace', 'g2');
  await turn();
  expect(publisher.published).toEqual([['a1', 'g1']]);
  await publisher.confirm();
  expect(publisher.published.at(-1)).toEqual(['a2', 'g2']);
  expect(told).toEqual(['a1 at 0', 'g1 at 1']);
  await publisher.confirm();
  append('ada', 'a3');
  await turn();
  expect(publisher.published.at(-1)).toEqual(['a3']);
});

test('whoever comes soon after a publish waits for company, and no longer when many have come', async () => {
  const append = begin({ spacingMs: 3_600_000 });
  append('ada', 'a1');
  await turn();
  expect(publisher.published).toEqual([['a1']]);
  await publisher.confirm();
  for (let n = 1; n < 16; n++) append('grace', `g${n}`);
  await turn();
  expect(publisher.published).toHaveLength(1);
  append('ada', 'a2');
  await turn();
  expect(publisher.published.slice(1).map((values) => values.length)).toEqual([16]);
  await publisher.confirm();
});

test('what waits behind a failed one in its lane fails too; other lanes go on', async () => {
  const append = begin();
  append('ada', 'a1');
  append('grace', 'g1');
  await turn();
  append('ada', 'a2');
  append('grace', 'g2');
  await publisher.refuse(new PublishError('no answer', [0], { written: new Map([[1, at(9)]]) }));
  expect(told).toEqual(['g1 at 9', 'a1 unknown', 'a2 none']);
  expect(publisher.published.at(-1)).toEqual(['g2']);
  await publisher.confirm();
  append('ada', 'a3');
  await turn();
  expect(publisher.published.at(-1)).toEqual(['a3']);
});

test('lanes are told apart by identity', async () => {
  const append = begin();
  const [one, other] = [{}, {}];
  append(one, 'a1');
  await turn();
  append(one, 'a2');
  append(other, 'b1');
  await publisher.refuse(new PublishError('no answer', [0]));
  expect(told).toEqual(['a1 unknown', 'a2 none']);
  expect(publisher.published.at(-1)).toEqual(['b1']);
});

test('an error of another kind leaves the whole batch unknown', async () => {
  const append = begin();
  append('ada', 'a1');
  append('grace', 'g1');
  await turn();
  await publisher.refuse(new Error('not connected'));
  expect(told).toEqual(['a1 unknown', 'g1 unknown']);
});

test('what nobody waits for any more is left out', async () => {
  const append = begin();
  append('ada', 'a1');
  await turn();
  let wanted = true;
  append('ada', 'a2', { isWanted: () => wanted });
  append('ada', 'a3');
  wanted = false;
  await publisher.confirm();
  expect(publisher.published).toEqual([['a1'], ['a3']]);
});

test('a publish takes no more than its limit, and the rest follows in order', async () => {
  const durations: number[] = [];
  const onPublished = (milliseconds: number) => durations.push(milliseconds);
  const append = begin({ maxRecords: 2, timeoutMs: 700, onPublished });
  for (const value of ['1', '2', '3']) append('ada', value);
  await turn();
  expect(durations).toEqual([]);
  await publisher.confirm();
  await publisher.refuse(new Error('not connected'));
  expect(publisher.published).toEqual([['1', '2'], ['3']]);
  expect(publisher.timeouts).toEqual([700, 700]);
  expect(durations).toHaveLength(2);
});
