import { z } from 'zod';
import { messageSendSchema } from '../commands/message-send.js';
import { limits } from '../limits.js';
import { textSchema } from '../values.js';

const seqParameter = z.coerce.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);

/** `GET …/messages`: exclusive bounds, ascending by seq; without bounds the newest page. */
export const historyQuerySchema = z
  .strictObject({
    beforeSeq: seqParameter.optional(),
    afterSeq: seqParameter.optional(),
    limit: z.coerce.number().int().min(1).max(limits.historyPage.max).default(limits.historyPage.default),
  })
  .refine(
    (query) => query.beforeSeq === undefined || query.afterSeq === undefined,
    'takes beforeSeq or afterSeq, not both',
  );
export type HistoryQuery = z.infer<typeof historyQuerySchema>;

/** `POST …/messages`: the body of `message.send`; conversationId may be left out, the path names it. */
export const messagePostSchema = messageSendSchema.partial({ conversationId: true });
export type MessagePost = z.infer<typeof messagePostSchema>;

/** `PATCH …/messages/:messageId`. */
export const messagePatchSchema = z.strictObject({ text: textSchema });
export type MessagePatch = z.infer<typeof messagePatchSchema>;
