import { describe, expect, test } from '@jest/globals';
import { limits } from '@parley/contracts';
import { ConfigError } from '@parley/service';
import { readSettings } from './config.js';

const needed = { KAFKA_BROKERS: 'a:9092, b:9092', TOKEN_JWKS_URL: 'http://message/.well-known/jwks.json' };

test('the defaults', () => {
  expect(readSettings(needed)).toMatchObject({
    port: 3000,
    slot: 'gateway-0',
    kafka: { brokers: ['a:9092', 'b:9092'], replicationFactor: 1, minInsyncReplicas: 1 },
    drainMs: 20_000,
    spacingMs: 5,
    allowedOrigins: [],
    limits: { commandsPerSecond: limits.commandsPerSecond.default, textLength: limits.textLength.default },
  });
});

test.each([
  [{ HOSTNAME: 'parley-gateway-3' }, 'gateway-3'],
  [{ HOSTNAME: 'f00ba4' }, 'gateway-0'],
  [{ HOSTNAME: 'parley-gateway-3', SLOT: 'gateway-7' }, 'gateway-7'],
])('the slot of %j', (environment, slot) => {
  expect(readSettings({ ...needed, ...environment }).slot).toBe(slot);
});

test('limits can be changed up to the maximum of the table', () => {
  const read = (value: number) => readSettings({ ...needed, LIMIT_IN_FLIGHT_PER_SOCKET: String(value) });
  expect(read(7).limits.inFlightPerSocket).toBe(7);
  expect(() => read(limits.inFlightPerSocket.max + 1)).toThrow(ConfigError);
  expect(() => read(0)).toThrow(ConfigError);
});

describe('what is wrong is named, one line each', () => {
  test.each([
    [{ KAFKA_BROKERS: undefined }, /KAFKA_BROKERS/],
    [{ TOKEN_JWKS_URL: undefined }, /TOKEN_JWKS_URL/],
    [{ KAFKA_BROKERS: ' , ' }, /KAFKA_BROKERS/],
    [{ SLOT: 'no/slash' }, /SLOT/],
    [{ PORT: 'http' }, /PORT/],
    [{ DRAIN_SECONDS: '-1' }, /DRAIN_SECONDS/],
  ])('%j', (environment, named) => {
    expect(() => readSettings({ ...needed, ...environment })).toThrow(named);
  });

  test('several at once', () => {
    let problems: readonly string[] = [];
    try {
      readSettings({ PORT: 'x', SLOT: '/', LIMIT_FRAME_BYTES: 'big' });
    } catch (error) {
      problems = (error as ConfigError).problems;
    }
    expect(problems.map((problem) => problem.split(':')[0]).sort()).toEqual([
      'KAFKA_BROKERS',
      'LIMIT_FRAME_BYTES',
      'PORT',
      'SLOT',
    ]);
  });
});
