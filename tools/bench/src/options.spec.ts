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

  test.each([
    [[], 'name one scenario'],
    [['fast'], 'name one scenario'],
    [['direct', 'group'], 'name one scenario'],
    [['direct', '--inflight', '3', '--rate', '4'], 'give one of them'],
    [['direct', '--seconds', 'ten'], '--seconds must be a number above 0'],
    [['direct', '--rate', '0'], '--rate must be a number above 0'],
    [['kill', '--standalone'], 'kill needs the cluster form'],
    [['direct', '--fast'], '--fast'],
  ])('refuses %j', (args, sentence) => {
    expect(() => parseOptions(args)).toThrow(UsageError);
    expect(() => parseOptions(args)).toThrow(sentence);
  });
});
