import { beforeEach, expect, jest, test } from '@jest/globals';
import { ManualTime } from '../testing/manual-time.js';
import { PendingRequests } from './pending-requests.js';

let time: ManualTime;
let requests: PendingRequests;

beforeEach(() => {
  time = new ManualTime();
  requests = new PendingRequests(5_000, time.later, time.now);
});

test('an ack finds the request that waits for it, once', () => {
  const [first, second] = [jest.fn(), jest.fn()];
  const [one, two] = [requests.open(first), requests.open(second)];
  expect(one).not.toBe(two);
  expect(requests.resolve(two, Buffer.from('{}'))).toBe(true);
  expect(requests.resolve(two, Buffer.from('{}'))).toBe(false);
  expect(requests.resolve(99, Buffer.from('{}'))).toBe(false);
  expect(second.mock.calls).toEqual([[Buffer.from('{}')]]);
  expect(first).not.toHaveBeenCalled();
  expect(requests.size).toBe(1);
});

test('a request without an ack ends when its time is over, not before, and a late ack finds nobody', async () => {
  const onAck = jest.fn();
  const request = requests.open(onAck);
  await time.pass(3_000);
  const later = jest.fn();
  requests.open(later);
  await time.pass(1_900);
  expect(onAck).not.toHaveBeenCalled();
  await time.pass(400);
  expect(onAck.mock.calls).toEqual([[null]]);
  expect(requests.resolve(request, Buffer.from('{}'))).toBe(false);
  expect(later).not.toHaveBeenCalled();
  await time.pass(3_000);
  expect(later.mock.calls).toEqual([[null]]);
});

test('the promise is kept, or ends as a time-out whose outcome is unknown', async () => {
  const kept = requests.openPromise();
  requests.resolve(kept.request, Buffer.from('1'));
  expect(String(await kept.ack)).toBe('1');
  const lost = requests.openPromise();
  const refused = expect(lost.ack).rejects.toMatchObject({
    code: 'TIMEOUT',
    outcome: 'unknown',
    retryable: true,
  });
  await time.pass(6_000);
  await refused;
});

test('a cancelled request is forgotten; closing ends the others', () => {
  const [cancelled, open] = [jest.fn(), jest.fn()];
  requests.cancel(requests.open(cancelled));
  requests.open(open);
  requests.close();
  expect(cancelled).not.toHaveBeenCalled();
  expect(open.mock.calls).toEqual([[null]]);
  expect(requests.size).toBe(0);
});
