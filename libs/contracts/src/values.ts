import { z } from 'zod';
import { limits } from './limits.js';

const loneSurrogate = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/;

/**
 * True for text that PostgreSQL can store. NUL and lone surrogates are refused at the edge: the database
 * refuses them too, but then together with every other message of the same batch.
 */
export function isStorableText(text: string): boolean {
  return !text.includes('\0') && !loneSurrogate.test(text);
}

const storable = (text: z.ZodString) =>
  text.refine(isStorableText, 'must be well-formed Unicode without NUL characters');

/** Ids are compared as text everywhere, so only the canonical lower-case form is accepted. */
export const idSchema = z
  .string()
  .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/, 'must be a UUID in lower case')
  .meta({ id: 'Id', description: 'A UUID in lower case.' });

/** Stands before every id and is nobody's. */
export const nilId = '00000000-0000-0000-0000-000000000000';

export const commandIdSchema = idSchema.describe(
  'Minted by the client: the same one again is the same change, and gets the same answer.',
);

export const textSchema = storable(z.string().max(limits.textLength.max))
  .refine((text) => text.trim() !== '', 'must not be empty')
  .describe('Well-formed Unicode without NUL, not of white space only.');

export const nameSchema = storable(z.string().trim().min(1).max(limits.nameLength.max));

export const usernameSchema = z
  .string()
  .min(2)
  .max(limits.usernameLength.max)
  .regex(
    /^[a-z0-9][a-z0-9._-]*$/,
    'must be of a-z, 0-9, dot, underscore and hyphen, beginning with a letter or digit',
  );

const graphemes = new Intl.Segmenter();

/** What emoji are made of: themselves, and what joins, varies, encloses and tags them. */
const emojiParts = /^[\p{Emoji}\p{Extended_Pictographic}\u200d\ufe0e\ufe0f\u20e3\u{e0020}-\u{e007f}]+$/u;
/** Digits, # and * count as emoji too: only in a keycap they look like one. */
const emojiHeart = /\p{Extended_Pictographic}|\p{Regional_Indicator}|\u20e3/u;

/** One emoji as people see it, which may be a sequence of many code points; ones that are newer than this code too. */
function isOneEmoji(text: string): boolean {
  const [first, ...others] = graphemes.segment(text);
  return first !== undefined && others.length === 0 && emojiParts.test(text) && emojiHeart.test(text);
}

export const emojiSchema = storable(z.string().min(1).max(limits.emojiLength.max))
  .refine(isOneEmoji, 'must be one emoji')
  .describe('One emoji, which may be a sequence of many code points.');

export const seqSchema = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);

/** A conversation's version: the number of a change in it. */
export const versionSchema = z.number().int().nonnegative();

export const timestampSchema = z.iso
  .datetime()
  .meta({ id: 'Timestamp', description: 'ISO 8601, UTC, milliseconds.' });
/** In records of the public logs. */
export const republishedSchema = z
  .literal(true)
  .describe('Emitted again after a crash or for a repair: apply it, announce nothing.');

export type Timestamp = z.infer<typeof timestampSchema>;
