import { expect, test } from '@jest/globals';
import { DeviceRates } from './device-rates.js';

test('each device has a rate of its own', () => {
  const rates = new DeviceRates({ commandsPerSecond: 1, commandBurst: 1 });
  expect(rates.take('a', 0)).toBe(0);
  expect(rates.take('a', 0)).toBe(1_000);
  expect(rates.take('b', 0)).toBe(0);
});

test('devices that have paused are forgotten, those that have not are not', () => {
  const rates = new DeviceRates({ commandsPerSecond: 1, commandBurst: 2 });
  for (let device = 0; device < 1_000; device++) rates.take(`old ${device}`, 0);
  rates.take('fast', 1_000);
  rates.take('fast', 1_000);
  rates.take('new', 1_000);
  expect(rates.size).toBe(2);
  expect(rates.take('fast', 1_000)).toBeGreaterThan(0);
});
