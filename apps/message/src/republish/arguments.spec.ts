import { expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { readArguments, UsageError, writeArguments } from './arguments.js';

const earliest = new Date('2026-01-01T00:00:00Z');
const id = randomUUID();

test.each([
  ['--all', { of: 'all' }],
  [`--all --after ${id}`, { of: 'all', after: id }],
  ['--since 2026-01-02T03:04:05+01:00', { of: 'since', since: new Date('2026-01-02T02:04:05Z') }],
  [`--conversation ${id}`, { of: 'conversation', id }],
  [`--accounts --after ${id}`, { of: 'accounts', after: id }],
])('%s', (text, selection) => {
  const read = readArguments(text.split(' '), earliest);
  expect(read).toEqual(selection);
  expect(readArguments(writeArguments(read).split(' '), earliest)).toEqual(read);
});

test.each([
  ['', 'Choose one of'],
  ['--all --accounts', 'Choose one of'],
  ['--after 1', 'Choose one of'],
  ['--all --after 1', '--after: must be a UUID'],
  ['--since yesterday', '--since: must be a time'],
  ['--since 2025-12-31T00:00:00Z', '--since: what changed is known from 2026-01-01'],
  [`--conversation ${id} --after ${id}`, '--after: there is nothing'],
  ['--everything', "Unknown option '--everything'"],
  ['all', 'Unexpected argument'],
])('refuses %j', (text, reason) => {
  const args = text.split(' ').filter((argument) => argument !== '');
  expect(() => readArguments(args, earliest)).toThrow(UsageError);
  expect(() => readArguments(args, earliest)).toThrow(reason);
});
