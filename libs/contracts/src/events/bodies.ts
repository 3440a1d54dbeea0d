import { z } from 'zod';
import { conversationSchema } from '../entities/conversation.js';
import { memberSchema } from '../entities/member.js';
import { messageSchema } from '../entities/message.js';
import { idSchema, versionSchema } from '../values.js';

const change = {
  conversationId: idSchema,
  version: versionSchema.describe('The number of this change in the conversation: apply n + 1 after n.'),
};

/** What changed carries the row as it is now, which applies where its version is higher than the held one. */
export const messageEventSchema = z.object({
  ...change,
  message: messageSchema
    .nullable()
    .describe('Null for a member who may not see that message: the version counts, the text stays hidden.'),
});

export const conversationEventSchema = z.object({ ...change, conversation: conversationSchema });

export const membersEventSchema = z.object({ ...change, members: z.array(memberSchema) });
