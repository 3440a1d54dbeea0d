import { expect, test } from '@jest/globals';
import { BrokerClock } from './broker-clock.js';

function clockAt(start: number) {
  const time = { now: start };
  return { time, clock: new BrokerClock(() => time.now) };
}

test('goes on from the newest record', () => {
  const { time, clock } = clockAt(100);
  clock.observe(1_000_000);
  time.now += 250;
  expect(clock.now()).toBe(1_000_250);
});

test('is not set back by old records of a backlog', () => {
  const { time, clock } = clockAt(100);
  clock.observe(1_000_000);
  time.now += 10;
  clock.observe(400_000);
  expect(clock.now()).toBe(1_000_010);
});

test('follows a broker whose clock was set back, after two minutes', () => {
  const { time, clock } = clockAt(0);
  clock.observe(1_000_000);
  for (let minute = 1; minute <= 2; minute++) {
    time.now = minute * 60_000;
    clock.observe(500_000 + time.now);
  }
  expect(clock.now()).toBe(500_000 + time.now);
});

test('nothing is too old before any record was seen', () => {
  expect(clockAt(5).clock.now()).toBe(-Infinity);
});
