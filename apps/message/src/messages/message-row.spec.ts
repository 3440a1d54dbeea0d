import { expect, test } from '@jest/globals';
import { textArray } from './array-literal.js';
import { serializeMessage, serializeNewMessage } from './message-row.js';

test('a message that was just made reads the same as when it is read back', () => {
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
    createdVersion: 9,
    createdAt: new Date(createdAt),
    editedAt: null,
    deletedAt: null,
  };
  expect(serializeNewMessage({ ...message, createdAt })).toBe(serializeMessage(row));
});

test('text becomes one element of an array, whatever is in it', () => {
  expect(textArray(['a', '', 'NULL', 'x"y', 'b\\', '{c,d}'])).toBe('{"a","","NULL","x\\"y","b\\\\","{c,d}"}');
});
