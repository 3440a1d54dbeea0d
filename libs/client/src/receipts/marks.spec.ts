import { describe, expect, test } from '@jest/globals';
import { type Member, type Message } from '@parley/contracts';
import { Marks } from './marks.js';

const at = (userId: string, deliveredSeq: number, readSeq: number) => ({ userId, deliveredSeq, readSeq });

const member = (userId: string, changes: Partial<Member> = {}) =>
  ({ userId, joinedVersion: 1, leftVersion: null, visibleFromSeq: 1, ...changes }) as Member;

/** The fifth message, written by me at version 5. */
const message = { seq: 5, senderId: 'me', createdVersion: 5 } as Message;

describe('marks', () => {
  test('only rise, each by itself', () => {
    const marks = new Marks();
    expect(marks.advance(at('ada', 5, 2))).toBe(true);
    expect(marks.advance(at('ada', 4, 3))).toBe(true);
    expect(marks.of('ada')).toEqual(at('ada', 5, 3));
    expect(marks.advance(at('ada', 5, 3))).toBe(false);
    expect(marks.advance(at('ada', 1, 1))).toBe(false);
    expect(marks.of('ada')).toEqual(at('ada', 5, 3));
  });

  test('of reading are marks of having it', () => {
    const marks = new Marks();
    marks.advance(at('ada', 0, 4));
    expect(marks.of('ada')).toEqual(at('ada', 4, 4));
  });

  test('of nobody are at the beginning', () => {
    expect(new Marks().of('ada')).toMatchObject({ deliveredSeq: 0, readSeq: 0 });
  });

  test('count whom a message is for: neither who wrote it, nor who came later, nor who left', () => {
    const marks = new Marks();
    const others = [
      member('me'),
      member('ada'),
      member('bob'),
      member('late', { joinedVersion: 6 }),
      member('new here', { visibleFromSeq: 6 }),
      member('gone', { leftVersion: 7 }),
    ];
    for (const { userId } of others.filter(({ userId }) => userId !== 'bob')) marks.advance(at(userId, 5, 5));
    marks.advance(at('bob', 5, 4));
    expect(marks.reach(message, others)).toEqual({ audience: 2, deliveredCount: 2, readCount: 1 });
  });

  test('of large groups are counts, which only rise too', () => {
    const marks = new Marks();
    expect(marks.summarize([{ seq: 5, deliveredCount: 200, readCount: 20 }])).toBe(true);
    expect(marks.summarize([{ seq: 5, deliveredCount: 150, readCount: 30 }])).toBe(true);
    expect(marks.summarize([{ seq: 5, deliveredCount: 200, readCount: 30 }])).toBe(false);
    expect(marks.reach(message, null)).toEqual({ audience: null, deliveredCount: 200, readCount: 30 });
  });

  test('of large groups are counted here where nobody has counted yet', () => {
    const marks = new Marks();
    marks.advance(at('me', 9, 9));
    marks.advance(at('ada', 5, 4));
    marks.advance(at('bob', 9, 5));
    expect(marks.reach(message, null)).toEqual({ audience: null, deliveredCount: 2, readCount: 1 });
  });

  test('count by themselves again once a group is small enough', () => {
    const marks = new Marks();
    marks.summarize([{ seq: 5, deliveredCount: 100, readCount: 20 }]);
    marks.advance(at('ada', 5, 5));
    expect(marks.reach(message, [member('ada')])).toEqual({ audience: 1, deliveredCount: 1, readCount: 1 });
  });

  test('of large groups are kept of the newest messages', () => {
    const marks = new Marks();
    for (let seq = 1; seq <= 2_020; seq += 1) marks.summarize([{ seq, deliveredCount: 1, readCount: 1 }]);
    const countAt = (seq: number) => marks.reach({ ...message, seq }, null).readCount;
    expect([1, 20, 21, 2_020].map(countAt)).toEqual([0, 0, 1, 1]);
  });
});
