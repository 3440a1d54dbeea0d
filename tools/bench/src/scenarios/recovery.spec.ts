import { describe, expect, test } from '@jest/globals';
import { type Entry } from '@parley/e2e/history';
import { longestSilences, timesToReturn } from './recovery.js';

const ok = (at: number, device: string, session: string, conversationId = 'c'): Entry => ({
  kind: 'ok',
  at,
  user: device,
  device,
  session,
  operation: 'send',
  conversationId,
  id: `${device}${at}`,
  commandId: `${device}${at}`,
  seq: at,
  version: at,
});

const ready = (at: number, device: string, session: string): Entry => ({
  kind: 'ready',
  at,
  user: device,
  device,
  session,
});

describe('timesToReturn', () => {
  test('counts to the first ack on another session, for clients of the killed gateway only', () => {
    const entries = [
      ok(90, 'a', 'gateway-0/1/1'),
      ok(95, 'b', 'gateway-1/1/1'),
      ok(101, 'a', 'gateway-0/1/1'),
      ready(1100, 'a', 'gateway-1/1/2'),
      ok(1200, 'b', 'gateway-1/1/1'),
      ok(1300, 'a', 'gateway-1/1/2'),
      ok(1400, 'a', 'gateway-1/1/2'),
    ];
    expect(timesToReturn(entries, 'gateway-0', 100)).toEqual([1200]);
  });

  test('does not forget a client that never came back', () => {
    const entries = [ok(90, 'a', 'gateway-0/1/1'), ready(1100, 'a', 'gateway-1/1/2')];
    expect(timesToReturn(entries, 'gateway-0', 100)).toEqual([Infinity]);
  });
});

describe('longestSilences', () => {
  test('finds the longest gap of each conversation within the interval, its ends included', () => {
    const entries = [
      ok(50, 'a', 's', 'quick'),
      ok(60, 'b', 's', 'silent'),
      ok(150, 'a', 's', 'quick'),
      ok(700, 'a', 's', 'quick'),
      ok(900, 'a', 's', 'quick'),
      ok(5000, 'b', 's', 'silent'),
    ];
    expect(longestSilences(entries, 100, 1000)).toEqual([550, 900]);
  });
});
