import { z } from 'zod';
import { conversationSchema } from '../entities/conversation.js';
import { messageSchema } from '../entities/message.js';
import { seqSchema } from '../values.js';

export const listedConversationSchema = conversationSchema
  .extend({
    lastMessage: messageSchema
      .nullable()
      .describe('Null when there is none, or none that the caller may see.'),
    unreadCount: z
      .number()
      .int()
      .nonnegative()
      .describe('Messages of others that the caller has not read, deleted ones left out; counted up to 100.'),
    deliveredSeq: seqSchema.describe('How far the caller has received, on any device.'),
    readSeq: seqSchema.describe(
      'How far the caller has read, on any device. Who sent a message has read it.',
    ),
  })
  .meta({ id: 'ListedConversation', description: "A conversation in one's own list." });
export type ListedConversation = z.infer<typeof listedConversationSchema>;
