import { expect, test } from '@jest/globals';
import { type OutgoingRecord, PublishError, type WrittenAt } from '@parley/event-bus';
import type { GatewayMetrics } from '../metrics.js';
import { CommandLog } from './command-log.js';

/** A publisher whose publishes end when the test says so. */
class SteppedPublisher {
  readonly published: string[][] = [];
  private readonly underWay: { resolve(written: WrittenAt[]): void; reject(error: Error): void }[] = [];

  publish(records: readonly OutgoingRecord[]): Promise<WrittenAt[]> {
    this.published.push(records.map(({ value }) => value ?? ''));
    return new Promise((resolve, reject) => this.underWay.push({ resolve, reject }));
  }

  async confirm(): Promise<void> {
    this.underWay.shift()?.resolve([]);
    await turn();
  }

  async refuse(error: Error): Promise<void> {
    this.underWay.shift()?.reject(error);
    await turn();
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

function begin() {
  const publisher = new SteppedPublisher();
  const metrics = { produced: () => undefined } as unknown as GatewayMetrics;
  const log = new CommandLog(publisher, metrics);
  const failed: string[] = [];
  const append = (lane: object, value: string, isWanted = () => true) =>
    log.append({
      lane,
      record: { topic: 'commands', value },
      isWanted,
      onFailed: (outcome) => failed.push(`${value} ${outcome}`),
    });
  return { publisher, append, failed };
}

test('one publish is under way at a time, and the next takes all that came meanwhile', async () => {
  const { publisher, append } = begin();
  const [ada, grace] = [{}, {}];
  append(ada, 'a1');
  append(grace, 'g1');
  await turn();
  append(ada, 'a2');
  append(grace, 'g2');
  await turn();
  expect(publisher.published).toEqual([['a1', 'g1']]);
  await publisher.confirm();
  expect(publisher.published).toEqual([
    ['a1', 'g1'],
    ['a2', 'g2'],
  ]);
  await publisher.confirm();
  append(ada, 'a3');
  await turn();
  expect(publisher.published.at(-1)).toEqual(['a3']);
});

test('what waits behind a failed one in its lane fails too; other lanes go on', async () => {
  const { publisher, append, failed } = begin();
  const [ada, grace] = [{}, {}];
  append(ada, 'a1');
  append(grace, 'g1');
  await turn();
  append(ada, 'a2');
  append(grace, 'g2');
  await publisher.refuse(new PublishError('no answer', [0]));
  expect(failed).toEqual(['a1 unknown', 'a2 none']);
  expect(publisher.published.at(-1)).toEqual(['g2']);
  await publisher.confirm();
  append(ada, 'a3');
  await turn();
  expect(publisher.published.at(-1)).toEqual(['a3']);
});

test('an error of another kind leaves the whole batch unknown', async () => {
  const { publisher, append, failed } = begin();
  append({}, 'a1');
  append({}, 'g1');
  await turn();
  await publisher.refuse(new Error('not connected'));
  expect(failed).toEqual(['a1 unknown', 'g1 unknown']);
});

test('what nobody waits for any more is left out', async () => {
  const { publisher, append } = begin();
  const lane = {};
  append(lane, 'a1');
  await turn();
  let wanted = true;
  append(lane, 'a2', () => wanted);
  append(lane, 'a3');
  wanted = false;
  await publisher.confirm();
  expect(publisher.published).toEqual([['a1'], ['a3']]);
});
