import { describe, expect, test } from '@jest/globals';
import { type ReceiptAdvanced } from '@parley/contracts';
import { type ReceiptSender } from './receipt-sender.js';
import { Receipts } from './receipts.js';

const setUp = () => {
  const sent: [string, string, number][] = [];
  const moved: ReceiptAdvanced[] = [];
  const sender: Pick<ReceiptSender, 'delivered' | 'read'> = {
    delivered: (conversationId, seq) => sent.push(['delivered', conversationId, seq]),
    read: (conversationId, seq) => sent.push(['read', conversationId, seq]),
  };
  const receipts = new Receipts(
    sender as ReceiptSender,
    (receipt) => moved.push(receipt),
    () => undefined,
  );
  receipts.userId = 'me';
  return { receipts, sent, moved };
};

describe('one’s own marks', () => {
  test('are told where they rise, and shown at once', () => {
    const { receipts, sent, moved } = setUp();
    receipts.deliver('a', 5);
    receipts.deliver('a', 5);
    receipts.deliver('a', 4);
    receipts.read('a', 3, 5);
    receipts.read('a', 2, 5);
    expect(sent).toEqual([
      ['delivered', 'a', 5],
      ['read', 'a', 3],
    ]);
    expect(receipts.own('a')).toEqual({ userId: 'me', deliveredSeq: 5, readSeq: 3 });
    expect(moved.at(-1)).toEqual({ conversationId: 'a', userId: 'me', deliveredSeq: 5, readSeq: 3 });
  });

  test('of another device count here, and are not told again', () => {
    const { receipts, sent } = setUp();
    receipts.ownMoved({ conversationId: 'a', deliveredSeq: 6, readSeq: 6 });
    receipts.deliver('a', 6);
    receipts.read('a', 6, 6);
    expect(sent).toEqual([]);
    expect(receipts.own('a')).toEqual({ userId: 'me', deliveredSeq: 6, readSeq: 6 });
  });

  test('reach as far as the last message that is held, and not into what is to come', () => {
    const { receipts, sent } = setUp();
    receipts.read('a', 1_000_000, 5);
    receipts.read('a', 1_000_000, 5);
    expect(sent).toEqual([['read', 'a', 5]]);
    expect(receipts.own('a')).toMatchObject({ deliveredSeq: 5, readSeq: 5 });
    receipts.read('a', 1_000_000, 6);
    expect(sent.at(-1)).toEqual(['read', 'a', 6]);
  });

  test('of a conversation that is not known yet are the server’s to cut, and shown when it tells them', () => {
    const { receipts, sent } = setUp();
    receipts.read('a', 7, null);
    expect(sent).toEqual([['read', 'a', 7]]);
    expect(receipts.own('a').readSeq).toBe(0);
  });

  test('follow from what one wrote', () => {
    const { receipts, sent } = setUp();
    receipts.wrote('a', 'me', 4);
    receipts.read('a', 4, 4);
    expect(sent).toEqual([]);
  });
});
