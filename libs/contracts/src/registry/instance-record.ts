import { z } from 'zod';

const service = z.enum(['gateway', 'message']);
const life = { slot: z.string(), incarnation: z.number().int() };

/**
 * The log of process lives, `instances`: one partition, so that the order of its records decides what happened.
 * An incarnation is the offset of its `process.started` record.
 */
export const instanceRecordSchema = z
  .discriminatedUnion('event', [
    /** A life begins in the slot; it ends every older one there. `nonce` tells the writer its own record. */
    z.object({ event: z.literal('process.started'), slot: z.string(), service, nonce: z.string() }),
    /** It heard its own ping in its inbox. */
    z.object({ event: z.literal('process.beat'), service, ...life }),
    /** The observer's own pace: written only after the one before was read back. */
    z.object({ event: z.literal('liveness.ticked'), observer: z.string(), tick: z.number().int() }),
    /** Declared dead by an observer. Final for that incarnation. */
    z.object({ event: z.literal('process.died'), ...life }),
    /** It ended by itself; its sessions were closed before. */
    z.object({ event: z.literal('process.stopped'), ...life }),
  ])
  .meta({ id: 'InstanceRecord' });
export type InstanceRecord = z.infer<typeof instanceRecordSchema>;
