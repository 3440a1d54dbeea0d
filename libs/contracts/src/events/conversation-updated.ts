import type { z } from 'zod';
import { conversationEventSchema } from './bodies.js';

export const conversationUpdatedSchema = conversationEventSchema.meta({
  id: 'ConversationUpdated',
  description: 'Name or settings changed: the conversation as it is now.',
});
export type ConversationUpdated = z.infer<typeof conversationUpdatedSchema>;
