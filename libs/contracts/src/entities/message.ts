import { z } from 'zod';
import { idSchema, seqSchema, timestampSchema, versionSchema } from '../values.js';

export const reactionSchema = z
  .object({
    emoji: z.string(),
    count: z.number().int().positive().describe('How many people.'),
    userIds: z.array(idSchema).describe('The first 20 of them, in the order in which they did.'),
  })
  .meta({ id: 'Reaction', description: 'One emoji that people put to a message.' });
export type Reaction = z.infer<typeof reactionSchema>;

export const messageSchema = z
  .object({
    id: idSchema,
    conversationId: idSchema,
    seq: seqSchema.describe('Its place in the conversation: 1, 2, 3 … without a gap.'),
    version: versionSchema.describe("The conversation's version of the last change to this row."),
    createdVersion: versionSchema.describe("The conversation's version that it was created with."),
    senderId: idSchema,
    text: z.string(),
    attachments: z.array(z.unknown()),
    replyTo: idSchema
      .nullable()
      .describe(
        'The id of the message that it replies to, which may have been deleted, or be older than this viewer may see.',
      ),
    mentions: z.array(idSchema).describe('Members who are meant: user ids.'),
    reactions: z.array(reactionSchema).describe('In the order of the first reaction of each.'),
    createdAt: timestampSchema,
    editedAt: timestampSchema.nullable(),
    deletedAt: timestampSchema.nullable(),
  })
  .meta({
    id: 'Message',
    description:
      'A message as every viewer sees it. A deleted one stays as a tombstone: it keeps its place and what it replied to, but neither text nor attachments, mentions and reactions; deletedAt is set.',
  });
export type Message = z.infer<typeof messageSchema>;
