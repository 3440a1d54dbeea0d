import { beforeEach, expect, test } from '@jest/globals';
import { PublishError, Publisher } from '../ports/publisher.js';
import type { OutgoingRecord, WrittenAt } from '../ports/records.js';
import { OrderedPublisher } from './ordered-publisher.js';
import { QueueFullError } from './queue-full-error.js';

interface Call {
  readonly records: readonly OutgoingRecord[];
  confirm(): void;
  fail(error: Error): void;
}

/** Holds every publish until the test answers it. */
class HeldPublisher extends Publisher {
  private readonly calls: Call[] = [];
  private waiting: ((call: Call) => void)[] = [];

  override publish(records: readonly OutgoingRecord[]): Promise<WrittenAt[]> {
    return new Promise((resolve, reject) => {
      const call = { records, confirm: () => resolve(records.map((_, n) => at(n))), fail: reject };
      const waiting = this.waiting.shift();
      if (waiting) waiting(call);
      else this.calls.push(call);
    });
  }

  next(): Promise<Call> {
    const call = this.calls.shift();
    return call ? Promise.resolve(call) : new Promise((resolve) => this.waiting.push(resolve));
  }

  get unanswered(): number {
    return this.calls.length;
  }
}

const at = (offset: number): WrittenAt => ({ topic: 'commands', partition: 0, offset, index: 0 });
const record = (value: string): OutgoingRecord => ({ topic: 'commands', value });
const values = (call: Call) => call.records.map((each) => each.value);

let held: HeldPublisher;
beforeEach(() => {
  held = new HeldPublisher();
});

test('one produce is in flight, and what arrives meanwhile goes into the next', async () => {
  const ordered = new OrderedPublisher(held);
  const first = ordered.append('a', [record('1')]);
  const produce = await held.next();
  const rest = [ordered.append('a', [record('2'), record('3')]), ordered.append('b', [record('4')])];
  expect(held.unanswered).toBe(0);
  produce.confirm();
  await expect(first).resolves.toEqual([at(0)]);
  const second = await held.next();
  expect(values(second)).toEqual(['2', '3', '4']);
  second.confirm();
  await expect(Promise.all(rest)).resolves.toEqual([[at(0), at(1)], [at(2)]]);
});

test('a failure fails what waits behind it in its lane, and nothing else', async () => {
  const ordered = new OrderedPublisher(held);
  const broken = ordered.append('a', [record('1'), record('2')]);
  const fine = ordered.append('b', [record('3')]);
  const produce = await held.next();
  const behind = ordered.append('a', [record('4')]);
  const other = ordered.append('c', [record('5')]);
  produce.fail(new PublishError('no leader', [1], { written: new Map([[2, at(9)]]) }));
  await expect(broken).rejects.toMatchObject({ name: 'PublishError', unconfirmed: [1] });
  await expect(behind).rejects.toMatchObject({ name: 'PublishError', unconfirmed: [0] });
  await expect(fine).resolves.toEqual([at(9)]);
  const next = await held.next();
  expect(values(next)).toEqual(['5']);
  next.confirm();
  await other;
});

test('after a failure a lane takes appends again', async () => {
  const ordered = new OrderedPublisher(held);
  const broken = ordered.append('a', [record('1')]);
  (await held.next()).fail(new Error('closed'));
  await expect(broken).rejects.toBeInstanceOf(PublishError);
  const again = ordered.append('a', [record('2')]);
  (await held.next()).confirm();
  await again;
});

test('takes no more than its bound, and says so at once', async () => {
  const ordered = new OrderedPublisher(held, { maxQueued: 2 });
  const first = ordered.append('a', [record('1')]);
  const produce = await held.next();
  const waiting = [ordered.append('a', [record('2')]), ordered.append('b', [record('3')])];
  expect(() => ordered.append('c', [record('4')])).toThrow(QueueFullError);
  produce.confirm();
  (await held.next()).confirm();
  await Promise.all([first, ...waiting]);
});

test('settles when everything is written', async () => {
  const ordered = new OrderedPublisher(held, { lingerMs: 1 });
  await ordered.settled();
  const append = ordered.append('a', [record('1')]);
  let settled = false;
  const settling = ordered.settled().then(() => (settled = true));
  const produce = await held.next();
  expect(settled).toBe(false);
  produce.confirm();
  await append;
  await settling;
});
