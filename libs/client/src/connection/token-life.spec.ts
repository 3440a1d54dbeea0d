import { expect, test } from '@jest/globals';
import { renewAfter } from './token-life.js';

const now = 1_800_000_000_000;
const tokenUntil = (seconds: number): string =>
  ['e30', Buffer.from(JSON.stringify({ exp: now / 1000 + seconds })).toString('base64url'), 'signature'].join(
    '.',
  );

test.each([
  [900, 840_000],
  [60, 30_000],
  [1, 1_000],
  [-5, 1_000],
])('a token that lives %d s is renewed after %d ms', (seconds, expected) => {
  expect(renewAfter(tokenUntil(seconds), now)).toBe(expected);
});

test.each(['', 'opaque', 'a.b.c', 'e30.e30.e30'])('the token %j says nothing of its end', (token) => {
  expect(renewAfter(token, now)).toBeUndefined();
});
