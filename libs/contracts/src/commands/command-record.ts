import { z } from 'zod';
import { historyForNewMembersSchema } from '../entities/conversation.js';
import { memberRoleSchema } from '../entities/member.js';
import { idSchema } from '../values.js';

/**
 * Where the answer goes: the inbox of `slot`, as long as `incarnation` lives there. `request` is the number under
 * which the asking process waits; `session` the counter of the session that asked, null for a REST request.
 */
export const originSchema = z.object({
  slot: z.string(),
  incarnation: z.number().int(),
  session: z.number().int().nullable(),
  request: z.number().int(),
});
export type Origin = z.infer<typeof originSchema>;

/** Tolerant inside: unknown fields are dropped, so that old and new processes run side by side. */
const head = {
  conversationId: idSchema,
  /** Who wishes it. */
  userId: idSchema,
  /** The message's id for `message.send`; otherwise the id under which the result is stored. */
  commandId: idSchema,
  origin: originSchema,
};
const command = <Kind extends string, Body extends z.ZodRawShape>(kind: Kind, body: Body) =>
  z.object({ kind: z.literal(kind), ...head, body: z.object(body) });

/** One item of `conversation.commands`, partitioned by conversationId. */
export const commandRecordSchema = z
  .discriminatedUnion('kind', [
    command('message.send', {
      text: z.string(),
      replyTo: idSchema.optional(),
      mentions: z.array(idSchema).optional(),
    }),
    command('message.edit', { id: idSchema, text: z.string() }),
    command('message.delete', { id: idSchema }),
    command('reaction.set', { id: idSchema, emoji: z.string(), on: z.boolean() }),
    command('conversation.create', {
      kind: z.enum(['direct', 'group']),
      name: z.string().nullable(),
      /** Without the creator, who is always a member. */
      memberIds: z.array(idSchema),
      historyForNewMembers: historyForNewMembersSchema,
    }),
    command('conversation.update', {
      name: z.string().optional(),
      historyForNewMembers: historyForNewMembersSchema.optional(),
    }),
    command('member.add', { userIds: z.array(idSchema) }),
    command('member.update', { userId: idSchema, role: memberRoleSchema }),
    command('member.remove', { userId: idSchema }),
    /** To the direct conversation of `userId` and the other one, named in the body. */
    command('user.block', { userId: idSchema }),
    command('user.unblock', { userId: idSchema }),
  ])
  .meta({ id: 'CommandRecord' });
export type CommandRecord = z.infer<typeof commandRecordSchema>;
export type CommandKind = CommandRecord['kind'];
export type CommandOf<Kind extends CommandKind> = Extract<CommandRecord, { kind: Kind }>;
