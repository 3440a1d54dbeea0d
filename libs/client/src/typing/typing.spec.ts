import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { type Ack, type TypingChanged } from '@parley/contracts';
import { timing } from '@parley/contracts/constants';
import { Typing } from './typing.js';

const setUp = () => {
  const sent: object[] = [];
  const changes: TypingChanged[] = [];
  const link = {
    request: async <Data>(_: string, body: object): Promise<Ack<Data>> => {
      sent.push(body);
      return { ok: true, data: {} as Data };
    },
  };
  return { typing: new Typing(link, (change) => changes.push(change)), sent, changes };
};
const told = (active: boolean) => ({ conversationId: 'a', active });
const ada = (active: boolean): TypingChanged => ({ conversationId: 'a', userId: 'ada', active });

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

describe('what one types', () => {
  test('is told with the first key, and again before others take it to have ended', () => {
    const { typing, sent } = setUp();
    for (let key = 0; key < 100; key += 1) {
      typing.set('a', true);
      jest.advanceTimersByTime(timing.typingLifeMs / 50);
    }
    // Twice in each life: lost once, it is still there.
    expect(sent).toEqual([told(true), told(true), told(true), told(true)]);
  });

  test('ends by a word, which is said once', () => {
    const { typing, sent } = setUp();
    typing.set('a', false);
    typing.set('a', true);
    typing.set('a', false);
    typing.set('a', false);
    expect(sent).toEqual([told(true), told(false)]);
  });

  test('ends by the message without a word, and begins anew with the next key', () => {
    const { typing, sent } = setUp();
    typing.set('a', true);
    typing.sent('a');
    typing.set('a', false);
    typing.set('a', true);
    expect(sent).toEqual([told(true), told(true)]);
  });
});

describe('what others type', () => {
  test('is shown once, and ends by itself when nothing more is heard', () => {
    const { typing, changes } = setUp();
    typing.hear(ada(true));
    jest.advanceTimersByTime(timing.typingLifeMs - 1);
    typing.hear(ada(true));
    jest.advanceTimersByTime(timing.typingLifeMs - 1);
    expect(typing.of('a')).toEqual(['ada']);
    expect(changes).toEqual([ada(true)]);
    jest.advanceTimersByTime(1);
    expect(typing.of('a')).toEqual([]);
    expect(changes).toEqual([ada(true), ada(false)]);
  });

  test('ends by a word, and is told once', () => {
    const { typing, changes } = setUp();
    typing.hear(ada(false));
    typing.hear(ada(true));
    typing.hear(ada(false));
    jest.advanceTimersByTime(timing.typingLifeMs * 2);
    expect(changes).toEqual([ada(true), ada(false)]);
  });
});
