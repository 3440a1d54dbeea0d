import { describe, expect, test } from '@jest/globals';
import { parseOptions, UsageError } from './options.js';

describe('parseOptions', () => {
  test('measures the cluster with a closed loop by default', () => {
    expect(parseOptions(['direct'])).toMatchObject({
      scenario: 'direct',
      form: 'cluster',
      pace: { kind: 'closed', inFlight: 64 },
      devices: 240,
      json: false,
    });
    expect(parseOptions(['group']).pace).toEqual({ kind: 'closed', inFlight: 16 });
  });

  test('takes an open loop and the other numbers', () => {
    const args = ['direct', '--standalone', '--rate', '500', '--size', '2000', '--seconds', '5', '--json'];
    expect(parseOptions(args)).toMatchObject({
      form: 'standalone',
      pace: { kind: 'open', perSecond: 500 },
      textLength: 2000,
      seconds: 5,
      json: true,
    });
  });

  test('knows what each scenario is usually run with', () => {
    expect(parseOptions(['sync'])).toMatchObject({
      devices: 200,
      members: 20,
      count: 1000,
      conversations: 20,
    });
    expect(parseOptions(['storm'])).toMatchObject({ devices: 2500, members: 50 });
    expect(parseOptions(['receipts'])).toMatchObject({ members: 1000, count: 10 });
    expect(parseOptions(['beside', '--beside', 'presence', '--pairs', '3'])).toMatchObject({
      beside: 'presence',
      pairs: 3,
      count: 200,
      pace: { kind: 'open', perSecond: 500 },
    });
  });

  test('a storm beside messages is as large as one by itself', () => {
    expect(parseOptions(['beside', '--beside', 'storm']).count).toBe(parseOptions(['storm']).devices);
    expect(parseOptions(['beside', '--beside', 'storm', '--count', '50']).count).toBe(50);
  });

  test.each([
    [[], 'name one scenario'],
    [['fast'], 'name one scenario'],
    [['direct', 'group'], 'name one scenario'],
    [['direct', '--inflight', '3', '--rate', '4'], 'give one of them'],
    [['direct', '--seconds', 'ten'], '--seconds must be a number above 0'],
    [['direct', '--rate', '0'], '--rate must be a number above 0'],
    [['kill', '--standalone'], 'kill needs the cluster form'],
    [['storm', '--standalone'], 'storm needs the cluster form'],
    [['beside', '--beside', 'storm', '--standalone'], 'beside needs the cluster form'],
    [['beside', '--beside', 'noise'], '--beside is one of receipts, presence, storm'],
    [['direct', '--fast'], '--fast'],
  ])('refuses %j', (args, sentence) => {
    expect(() => parseOptions(args)).toThrow(UsageError);
    expect(() => parseOptions(args)).toThrow(sentence);
  });
});
