import { describe, expect, test } from '@jest/globals';
import { type CommandRecord } from '@parley/contracts';
import { readCommand } from './read-command.js';

const id = '01900000-0000-7000-8000-000000000001';
const origin = { slot: 'gateway-0', incarnation: 1, session: 2, request: 3 };
const head = { conversationId: id, userId: id, commandId: id, origin };
const read = (value: unknown) => readCommand(Buffer.from(JSON.stringify(value)));

describe('reading a command', () => {
  test.each<CommandRecord>([
    { ...head, kind: 'message.send', body: { text: 'hello' } },
    { ...head, kind: 'message.send', body: { text: 'hello', replyTo: id, mentions: [id] } },
    { ...head, kind: 'message.edit', body: { id, text: 'hello' } },
    { ...head, kind: 'message.delete', body: { id } },
    { ...head, kind: 'member.add', body: { userIds: [id] } },
    { ...head, kind: 'message.send', origin: { ...origin, session: null }, body: { text: '' } },
  ])('$kind is read', (command) => {
    expect(read(command)).toEqual({ outcome: 'read', command });
  });

  test('fields that this version does not know are no reason to refuse', () => {
    const command = { ...head, kind: 'message.send', body: { text: 'hello', later: 1 }, later: 2 };
    expect(read(command)).toMatchObject({ outcome: 'read', command: { body: { text: 'hello' } } });
  });

  test.each([
    ['no conversation', { ...head, conversationId: undefined, kind: 'message.send', body: { text: '' } }],
    [
      'an id in capitals',
      { ...head, userId: id.toUpperCase().replace('0', 'A'), kind: 'message.send', body: { text: '' } },
    ],
    ['no text', { ...head, kind: 'message.send', body: {} }],
    ['a lone surrogate', { ...head, kind: 'message.edit', body: { id, text: '\ud800' } }],
    ['a lone surrogate in a send', { ...head, kind: 'message.send', body: { text: 'x\udfff' } }],
    ['a reply to nothing', { ...head, kind: 'message.send', body: { text: 'x', replyTo: null } }],
    ['mentions of no id', { ...head, kind: 'message.send', body: { text: 'x', mentions: ['{NULL}'] } }],
    ['mentions by name', { ...head, kind: 'message.send', body: { text: 'x', mentions: { [id]: true } } }],
    ['a body that is an array', { ...head, kind: 'message.send', body: ['text'] }],
  ])('%s: unreadable, with an origin to answer', (_, value) => {
    expect(read(value)).toEqual({ outcome: 'unreadable', reason: expect.any(String), origin });
  });

  test.each([
    ['a slot that is no name', { ...origin, slot: 'a/b' }],
    ['a request that is no number', { ...origin, request: '1' }],
    ['nothing', undefined],
  ])('with an origin of %s there is nobody to answer', (_, wrong) => {
    const value = { ...head, kind: 'message.send', body: { text: 'hello' }, origin: wrong };
    expect(read(value)).toEqual({ outcome: 'unreadable', reason: expect.any(String), origin: null });
  });

  test('a kind that this version does not know is told apart', () => {
    expect(read({ ...head, kind: 'message.pin' })).toEqual({
      outcome: 'unknown kind',
      kind: 'message.pin',
      origin,
    });
  });

  test.each([null, Buffer.from('{"a'), Buffer.from('7')])('%p is unreadable', (value) => {
    expect(readCommand(value)).toMatchObject({ outcome: 'unreadable', origin: null });
  });
});
