import { expect, test } from '@jest/globals';
import { Sequence } from './sequence.js';

const a = Buffer.from('a');
const b = Buffer.from('bb');
const c = Buffer.from('ccc');

test('sockets that get the same frames share the joined bytes', () => {
  const start = Sequence.start();
  const first = start.followedBy(a).followedBy(b).followedBy(c);
  const second = start.followedBy(a).followedBy(b).followedBy(c);
  expect(first.joined().toString()).toBe('abbccc');
  expect(second.joined()).toBe(first.joined());
});

test('one frame alone is not copied', () => {
  expect(Sequence.start().followedBy(b).joined()).toBe(b);
});

test('a socket that misses a frame gets the others, in order', () => {
  const start = Sequence.start();
  const all = start.followedBy(a);
  const excepted = start;
  const allThen = all.followedBy(b).followedBy(c);
  expect(excepted.followedBy(b).followedBy(c).joined().toString()).toBe('bbccc');
  expect(allThen.joined().toString()).toBe('abbccc');
});
