import { z } from 'zod';
import { emojiSchema, idSchema } from '../values.js';

/** The parameters in the paths of REST. */
export const conversationPathSchema = z.object({ id: idSchema });
export type ConversationPath = z.infer<typeof conversationPathSchema>;

export const memberPathSchema = conversationPathSchema.extend({ userId: idSchema });
export type MemberPath = z.infer<typeof memberPathSchema>;

export const messagePathSchema = conversationPathSchema.extend({ messageId: idSchema });
export type MessagePath = z.infer<typeof messagePathSchema>;

export const reactionPathSchema = messagePathSchema.extend({ emoji: emojiSchema });
export type ReactionPath = z.infer<typeof reactionPathSchema>;

export const userPathSchema = z.object({ id: idSchema });
export type UserPath = z.infer<typeof userPathSchema>;
