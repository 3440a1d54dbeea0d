import { z } from 'zod';
import { idSchema } from '../values.js';

/** One live session in the compacted topic `sessions`; key `userId/sessionId`, partitioned by userId; a tombstone ends it. */
export const sessionRecordSchema = z
  .object({
    sessionId: z.string(),
    userId: idSchema,
    deviceId: idSchema,
    state: z.enum(['active', 'idle']),
    connectedAt: z.iso.datetime(),
    /** The socket died without a word, for longer than a reconnect takes: the session has ended. Its tombstone follows. */
    lost: z.literal(true).optional(),
  })
  .meta({ id: 'SessionRecord', description: 'One live session.' });
export type SessionRecord = z.infer<typeof sessionRecordSchema>;

export interface SessionAddress {
  slot: string;
  incarnation: number;
  counter: number;
}

/** A session's id is `slot/incarnation/counter`. */
export function formatSessionId(address: SessionAddress): string {
  return `${address.slot}/${address.incarnation}/${address.counter}`;
}

/** @throws RangeError when it is no session id */
export function parseSessionId(sessionId: string): SessionAddress {
  const [slot, incarnation, counter, ...rest] = sessionId.split('/');
  const address = { slot: slot ?? '', incarnation: Number(incarnation), counter: Number(counter) };
  const numbered = Number.isSafeInteger(address.incarnation) && Number.isSafeInteger(address.counter);
  if (!slot || rest.length > 0 || !numbered) throw new RangeError(`not a session id: ${sessionId}`);
  return address;
}
