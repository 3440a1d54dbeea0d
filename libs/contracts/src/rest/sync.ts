import { z } from 'zod';
import { conversationSchema } from '../entities/conversation.js';
import { memberSchema } from '../entities/member.js';
import { messageSchema } from '../entities/message.js';
import { limits } from '../limits.js';
import { idSchema, seqSchema, versionSchema } from '../values.js';

export const syncQuerySchema = z.strictObject({
  since: z
    .string()
    .max(512)
    .optional()
    .describe('The `next` of the answer before; without it all conversations are told.'),
});
export type SyncQuery = z.infer<typeof syncQuerySchema>;

export const movedConversationSchema = z
  .object({
    conversationId: idSchema,
    version: versionSchema.describe(
      'What its cursor is to become; a device that holds exactly this misses nothing.',
    ),
    left: z
      .literal(true)
      .exactOptional()
      .describe('The caller is no member any more; `version` is that of the leaving.'),
  })
  .meta({ id: 'MovedConversation', description: 'A conversation in which something changed.' });
export type MovedConversation = z.infer<typeof movedConversationSchema>;

export const ownMarkSchema = z
  .object({ conversationId: idSchema, deliveredSeq: seqSchema, readSeq: seqSchema })
  .meta({
    id: 'OwnMark',
    description:
      'How far the caller has received and read, on any device. Marks only go up: a lower one is old news.',
  });
export type OwnMark = z.infer<typeof ownMarkSchema>;

const historyEpochSchema = z
  .string()
  .describe(
    'Another one than before: the database was restored, and no cursor, mark or row held by the device counts.',
  );

export const syncOverviewSchema = z
  .object({
    moved: z.array(movedConversationSchema),
    marks: z.array(ownMarkSchema),
    historyEpoch: historyEpochSchema,
    next: z
      .string()
      .describe(
        'Opaque, for the next `since`; kept where the cursors are kept. One that cannot be used counts as absent.',
      ),
    more: z.literal(true).exactOptional().describe('There is more to tell: ask again at once, with `next`.'),
  })
  .meta({
    id: 'SyncOverview',
    description: 'What moved since. Something may be told that did not; nothing that did is left out.',
  });
export type SyncOverview = z.infer<typeof syncOverviewSchema>;

export const syncRequestSchema = z
  .strictObject({
    cursors: z
      .record(idSchema, seqSchema)
      .refine(
        (cursors) => Object.keys(cursors).length <= limits.syncConversations.max,
        `must name at most ${limits.syncConversations.max} conversations`,
      )
      .describe('Per conversation the last version that the device holds; 0 for one that it does not know.'),
  })
  .meta({ id: 'SyncRequest' });
export type SyncRequest = z.infer<typeof syncRequestSchema>;

export const syncedConversationSchema = z
  .object({
    conversation: conversationSchema
      .exactOptional()
      .describe('Present where it changed since the cursor; absent where one has left.'),
    messages: z.array(messageSchema).describe('Rows changed since the cursor, ascending by seq.'),
    members: z
      .array(memberSchema)
      .describe(
        'Empty where none changed since the cursor; else all who are members at `toVersion`, and the last 100 of those who left since the cursor: forget whoever is held and not told.',
      ),
    membersPaged: z
      .literal(true)
      .exactOptional()
      .describe(
        'A group of more than 100 members: none are told, those held may be out of date, and they are paged by REST.',
      ),
    toVersion: versionSchema.describe('The cursor from now on.'),
    limited: z
      .literal(true)
      .exactOptional()
      .describe(
        'Too much to send: forget what was held below `floorSeq`; older messages are paged on demand.',
      ),
    floorSeq: seqSchema.exactOptional(),
    unreadCount: z
      .number()
      .int()
      .nonnegative()
      .exactOptional()
      .describe(
        'Where there is more below `floorSeq`: as in the list of conversations, counted behind `readSeq`, up to 100.',
      ),
    readSeq: seqSchema
      .exactOptional()
      .describe('Beside `unreadCount`: how far the caller has read, on any device.'),
    left: z
      .literal(true)
      .exactOptional()
      .describe('The caller is no member any more; nothing after `leftVersion` is told.'),
    leftVersion: versionSchema.exactOptional(),
  })
  .meta({ id: 'SyncedConversation', description: 'What changed in one conversation since the cursor.' });
export type SyncedConversation = z.infer<typeof syncedConversationSchema>;

export const syncResponseSchema = z
  .object({
    conversations: z
      .record(idSchema, syncedConversationSchema)
      .describe('Conversations that the caller never was a member of are absent.'),
    historyEpoch: historyEpochSchema,
  })
  .meta({
    id: 'SyncResponse',
    description: 'Look at `historyEpoch` before anything else of the answer.',
  });
export type SyncResponse = z.infer<typeof syncResponseSchema>;
