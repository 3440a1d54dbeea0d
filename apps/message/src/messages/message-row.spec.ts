import { expect, test } from '@jest/globals';
import { textArray } from './array-literal.js';
import { serializeMessage, serializeNewMessage } from './message-row.js';

const ids = [1, 2, 3].map((n) => `01900000-0000-7000-8000-00000000000${n}`) as [string, string, string];

test.each<[string, { replyTo?: string; mentions?: string[] }]>([
  ['alone', {}],
  ['a reply', { replyTo: ids[0] }],
  ['with mentions', { mentions: ids }],
])('a message that was just made, %s, reads the same as when it is read back', (_, details) => {
  const createdAt = '2026-01-02T03:04:05.678Z';
  const message = {
    id: '01900000-0000-7000-8000-000000000001',
    conversationId: '01900000-0000-7000-8000-000000000002',
    seq: 7,
    version: 9,
    senderId: '01900000-0000-7000-8000-000000000003',
    text: 'quotes "\' \\ tab\t line\n \u2028 ü 😀 </script>',
  };
  const row = {
    ...message,
    replyTo: details.replyTo ?? null,
    mentions: details.mentions ?? null,
    reactions: null,
    createdVersion: 9,
    createdAt: new Date(createdAt),
    editedAt: null,
    deletedAt: null,
  };
  const { replyTo, mentions = null } = details;
  expect(serializeNewMessage({ ...message, replyTo, mentions, createdAt })).toBe(serializeMessage(row));
});

test('text becomes one element of an array, whatever is in it', () => {
  expect(textArray(['a', '', 'NULL', 'x"y', 'b\\', '{c,d}'])).toBe('{"a","","NULL","x\\"y","b\\\\","{c,d}"}');
});
