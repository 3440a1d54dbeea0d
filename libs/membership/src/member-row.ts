import { idSchema } from '@parley/contracts';
import { type ReceivedRecord } from '@parley/event-bus';
import { z } from 'zod';

/** What the projection keeps of a member. */
export interface MemberRow {
  readonly conversationId: string;
  readonly userId: string;
  readonly joinedVersion: number;
  /** Null while a member. Whoever joins again has a higher `joinedVersion`, and null here. */
  readonly leftVersion: number | null;
  /** Messages with a lower seq are not shown to this member. */
  readonly visibleFromSeq: number;
}

const versionSchema = z.number().int().positive();
const memberSchema = z
  .object({
    userId: idSchema,
    joinedVersion: versionSchema,
    leftVersion: versionSchema.nullable(),
    visibleFromSeq: z.number().int().nonnegative(),
  })
  .refine(({ joinedVersion, leftVersion }) => leftVersion === null || leftVersion > joinedVersion, {
    message: 'leftVersion: must be above joinedVersion',
  });
const recordSchema = z.object({
  body: z.object({ conversationId: idSchema, members: z.array(memberSchema).optional() }),
});

/** How records about messages begin: most records, and never with members. */
const aboutMessage = Buffer.from('{"event":"message.');

/**
 * The rows of members that a record of `conversation.events` carries, whatever its event is called and whether it was
 * published before.
 * @throws Error when it cannot be read
 */
export function readMemberRows({ value }: Pick<ReceivedRecord, 'value'>): MemberRow[] {
  if (value === null) throw new Error('a record of conversation.events without a value');
  if (value.subarray(0, aboutMessage.length).equals(aboutMessage)) return [];
  const { body } = recordSchema.parse(JSON.parse(value.toString()));
  const { conversationId, members = [] } = body;
  return members.map((member) => ({ conversationId, ...member }));
}
