import { z } from 'zod';
import { messageSendSchema } from '../commands/message-send.js';
import { limits } from '../limits.js';
import { textSchema } from '../values.js';
import { cursorSchema } from './page.js';

const seqParameter = z.coerce.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);

/**
 * `GET …/messages`: exclusive bounds, ascending by seq; without bounds the newest page. `nextCursor` goes on in the
 * same direction: to older messages, or after `afterSeq` to newer ones.
 */
export const historyQuerySchema = z
  .strictObject({
    beforeSeq: seqParameter.optional().describe('Only messages before this one, the newest of them.'),
    afterSeq: seqParameter.optional().describe('Only messages after this one, the oldest of them.'),
    cursor: cursorSchema.optional(),
    limit: z.coerce
      .number()
      .int()
      .min(1)
      .max(limits.historyPage.max)
      .default(limits.historyPage.default)
      .describe('The most messages of a page.'),
  })
  .refine(
    ({ beforeSeq, afterSeq, cursor }) =>
      [beforeSeq, afterSeq, cursor].filter((bound) => bound !== undefined).length <= 1,
    'takes one of beforeSeq, afterSeq and cursor',
  );
export type HistoryQuery = z.infer<typeof historyQuerySchema>;

export const messagePostSchema = messageSendSchema.partial({ conversationId: true }).meta({
  id: 'MessagePost',
  description: 'The body of message.send; conversationId may be left out, the path names it.',
});
export type MessagePost = z.infer<typeof messagePostSchema>;

export const messagePatchSchema = z.strictObject({ text: textSchema }).meta({ id: 'MessagePatch' });
export type MessagePatch = z.infer<typeof messagePatchSchema>;
