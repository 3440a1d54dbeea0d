import { expect, test } from '@jest/globals';
import { seqOf, versionOf } from './packet-fields.js';

const event =
  '42["message.created",{"conversationId":"c","version":120,"message":{"id":"m","seq":7,"text":"x"}}]';

test('reads the numbers of an event', () => {
  expect(seqOf(Buffer.from(event))).toBe(7);
  expect(versionOf(Buffer.from(event))).toBe(120);
});

test.each(['42["typing.changed",{}]', '{"seq":', '{"seq":null}', '{"seq":"7"}'])(
  'finds none in %s',
  (text) => {
    expect(seqOf(Buffer.from(text))).toBe(-1);
  },
);
