import { describe, expect, test } from '@jest/globals';
import { emojiSchema, idSchema, isStorableText, textSchema } from './values.js';

describe('text', () => {
  test.each(['\0', 'a\0b', '\uD800', 'a\uDC00b', '\uDE00\uD83D'])('%j cannot be stored', (text) => {
    expect(isStorableText(text)).toBe(false);
    expect(textSchema.safeParse(text).success).toBe(false);
  });

  test.each(['hello', '😀', 'a\tb\nc', '\uFFFF'])('%j can', (text) => {
    expect(isStorableText(text)).toBe(true);
  });

  test('of white space only is refused', () => {
    expect(textSchema.safeParse(' \n\t').success).toBe(false);
  });
});

test('ids are lower-case UUIDs only: two spellings of one id would be two messages', () => {
  expect(idSchema.safeParse('0197F3C0-0000-7000-8000-000000000001').success).toBe(false);
  expect(idSchema.safeParse('0197f3c0-0000-7000-8000-000000000001').success).toBe(true);
});

describe('an emoji', () => {
  test.each(['👍', '❤️', '👩🏽‍🚀', '🇨🇭', '3️⃣', '🏴󠁧󠁢󠁥󠁮󠁧󠁿'])('%s is one', (text) => {
    expect(emojiSchema.safeParse(text).success).toBe(true);
  });

  test.each(['', 'a', '1', 'like', 'a\u20e3', '👍\u0301', '👍👍', '👍 ', '<b>', '\uD83D', '\0'])(
    '%j is none',
    (text) => {
      expect(emojiSchema.safeParse(text).success).toBe(false);
    },
  );
});
