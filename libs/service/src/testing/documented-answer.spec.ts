import { expect, test } from '@jest/globals';
import { type ErrorCode, Refusal } from '@parley/contracts';
import { assertDocumented, assertDocumentedAck } from './documented-answer.js';

const id = '0197f3c0-0000-7000-8000-000000000001';
const ada = { id, username: 'ada', displayName: 'Ada' };
const get = (path: string, status: number, body: unknown) => () =>
  assertDocumented({ method: 'GET', path, status, body });
const refused = (code: ErrorCode, status: number) =>
  get(`/v1/users/${id}`, status, { error: new Refusal(code, 'No.').toBody('1') });

test('an answer as documented passes, a refusal too', () => {
  expect(get(`/v1/users/${id}`, 200, ada)).not.toThrow();
  expect(get('/v1/users?search=ada', 200, { items: [ada], nextCursor: null })).not.toThrow();
  expect(refused('NOT_FOUND', 404)).not.toThrow();
});

test('fields that are missing, wrong or unknown fail', () => {
  expect(get(`/v1/users/${id}`, 200, { id, username: 'ada' })).toThrow('displayName');
  expect(get(`/v1/users/${id}`, 200, { ...ada, username: 1 })).toThrow('username');
  expect(get(`/v1/users/${id}`, 200, { ...ada, secret: 1 })).toThrow('not documented');
  expect(get('/v1/users', 200, { items: [{ ...ada, secret: 1 }], nextCursor: null })).toThrow(
    'not documented',
  );
});

test('another status, an undocumented refusal or an unknown route fails', () => {
  expect(get(`/v1/users/${id}`, 201, ada)).toThrow('status of getUser');
  expect(refused('CONFLICT', 409)).toThrow('getUser is refused with CONFLICT');
  expect(get('/v1/elsewhere', 200, {})).toThrow('not in the table');
});

test('a command is refused with what is documented, and with what any command may be', () => {
  const ack = (command: string, code: ErrorCode) => () =>
    assertDocumentedAck(command, { ok: false, error: new Refusal(code, 'No.').toBody('1') });
  expect(ack('message.edit', 'FORBIDDEN')).not.toThrow();
  expect(ack('typing.set', 'RATE_LIMITED')).not.toThrow();
  expect(ack('typing.set', 'FORBIDDEN')).toThrow('typing.set is refused with FORBIDDEN');
});
