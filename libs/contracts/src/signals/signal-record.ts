import { z } from 'zod';
import { originSchema } from '../commands/command-record.js';
import { idSchema, seqSchema } from '../values.js';

const head = { conversationId: idSchema, userId: idSchema };

/**
 * One item of `conversation.signals`, partitioned by conversationId: what may never delay a message. Marks commute and
 * only rise, so a signal that is read twice, or after a later one, changes nothing.
 */
export const signalRecordSchema = z
  .discriminatedUnion('kind', [
    z.object({
      kind: z.literal('receipt.advance'),
      ...head,
      /** Null where it did not come from a socket. */
      deviceId: idSchema.nullable(),
      deliveredSeq: seqSchema.optional(),
      readSeq: seqSchema.optional(),
      /** The device was in use then. */
      deviceActive: z.boolean(),
      /** Who waits until it is stored; absent where nobody does. */
      origin: originSchema.optional(),
    }),
    z.object({ kind: z.literal('typing.set'), ...head, active: z.boolean() }),
  ])
  .meta({ id: 'SignalRecord' });
export type SignalRecord = z.infer<typeof signalRecordSchema>;
export type SignalOf<Kind extends SignalRecord['kind']> = Extract<SignalRecord, { kind: Kind }>;
