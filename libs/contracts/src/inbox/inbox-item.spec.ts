import { describe, expect, test } from '@jest/globals';
import { decodeInboxItem, encodeDelivery, encodeDied, encodePing, encodeReply } from './inbox-item.js';

const decode = (text: string) => decodeInboxItem(Buffer.from(text));

describe('an inbox item', () => {
  test('carries the bytes of an event untouched, tabs and newlines in the text included', () => {
    const body = JSON.stringify({ text: 'a\tb\nc “ü” 😀' });
    const item = decode(encodeDelivery(7, '[1,2,3]', 2, 'message.created', body));
    expect(item).toMatchObject({
      kind: 'deliver',
      incarnation: 7,
      recipients: [1, 2, 3],
      except: 2,
      event: 'message.created',
    });
    expect(item.kind === 'deliver' && item.body.toString()).toBe(body);
  });

  test('carries a reply to the request that waits for it', () => {
    const item = decode(encodeReply(7, 12, '{"ok":true}'));
    expect(item).toMatchObject({ kind: 'reply', incarnation: 7, request: 12 });
    expect(item.kind === 'reply' && item.ack.toString()).toBe('{"ok":true}');
  });

  test('carries pings and deaths', () => {
    expect(decode(encodePing(3, 4))).toEqual({ kind: 'ping', incarnation: 3, number: 4 });
    expect(decode(encodeDied(3))).toEqual({ kind: 'died', incarnation: 3 });
    expect(decode(encodeDelivery(1, '[9]', null, 'message.edited', '{}'))).toMatchObject({ except: null });
  });

  test.each(['', 'hello', 'ping\tx\t1', 'deliver\t1\t[1'])('refuses %j', (text) => {
    expect(() => decode(text)).toThrow();
  });
});
