import { z } from 'zod';
import { messageDeleteSchema } from '../commands/message-delete.js';
import { messageEditSchema } from '../commands/message-edit.js';
import { messageSendSchema } from '../commands/message-send.js';
import { reactionSetSchema } from '../commands/reaction-set.js';
import {
  presenceReportSchema,
  presenceUnwatchSchema,
  presenceWatchedSchema,
  presenceWatchSchema,
} from '../presence/presence-watch.js';
import { receiptAdvanceSchema } from '../signals/receipt-advance.js';
import { typingSetSchema } from '../signals/typing-set.js';
import { messageSchema } from '../entities/message.js';
import type { ErrorCode } from '../errors.js';
import { timestampSchema } from '../values.js';
import type { Ack } from './ack.js';

export const messageSentSchema = z
  .object({
    message: messageSchema,
    deduplicated: z.boolean().describe('True when the id was stored already: the first answer again.'),
  })
  .meta({ id: 'MessageSent' });
export type MessageSent = z.infer<typeof messageSentSchema>;

export const messageChangedSchema = z
  .object({ message: messageSchema.describe('As it is now.') })
  .meta({ id: 'MessageChanged' });
export type MessageChanged = z.infer<typeof messageChangedSchema>;

export const noDataSchema = z
  .strictObject({})
  .meta({ id: 'NoData', description: 'The ack says only that it was accepted.' });
export type NoData = z.infer<typeof noDataSchema>;

export const sessionRenewSchema = z
  .strictObject({ token: z.string().min(1).max(8_192) })
  .meta({ id: 'SessionRenew', description: 'A new access token for a live socket.' });

export const sessionRenewedSchema = z
  .object({ expiresAt: timestampSchema.describe('When the new token ends.') })
  .meta({ id: 'SessionRenewed' });
export type SessionRenewed = z.infer<typeof sessionRenewedSchema>;

/** Ties an event's name, the schema of its body and the schema of its ack's data together. */
export interface SocketCommand<Body extends z.ZodType, Data extends z.ZodType> {
  readonly schema: Body;
  /** Of the ack's `data`; never checked at run time. */
  readonly answer: Data;
  /** What it may be refused with beside what every command may be. */
  readonly refusals: readonly ErrorCode[];
}

/** @param refusals what it may be refused with beside `refusalsOfEveryCommand` */
function command<Body extends z.ZodType, Data extends z.ZodType>(
  schema: Body,
  answer: Data,
  refusals: readonly ErrorCode[] = [],
): SocketCommand<Body, Data> {
  return { schema, answer, refusals };
}

/** Malformed, too fast, with an expired token, or not carried out: this may befall any command. */
export const refusalsOfEveryCommand = [
  'INVALID',
  'UNAUTHENTICATED',
  'RATE_LIMITED',
  'OVERLOADED',
  'UNAVAILABLE',
  'TIMEOUT',
  'INTERNAL',
] as const satisfies readonly ErrorCode[];

/** Every event that a client may emit; each wants an ack. */
export const socketCommands = {
  'message.send': command(messageSendSchema, messageSentSchema, [
    'FORBIDDEN',
    'NOT_FOUND',
    'CONFLICT',
    'TOO_LARGE',
  ]),
  'message.edit': command(messageEditSchema, messageChangedSchema, [
    'FORBIDDEN',
    'NOT_FOUND',
    'CONFLICT',
    'TOO_LARGE',
  ]),
  'message.delete': command(messageDeleteSchema, messageChangedSchema, [
    'FORBIDDEN',
    'NOT_FOUND',
    'CONFLICT',
  ]),
  'reaction.set': command(reactionSetSchema, messageChangedSchema, [
    'FORBIDDEN',
    'NOT_FOUND',
    'CONFLICT',
    'TOO_LARGE',
  ]),
  'receipt.advance': command(receiptAdvanceSchema, noDataSchema),
  'typing.set': command(typingSetSchema, noDataSchema),
  'presence.watch': command(presenceWatchSchema, presenceWatchedSchema, ['FORBIDDEN', 'TOO_LARGE']),
  'presence.unwatch': command(presenceUnwatchSchema, noDataSchema),
  'presence.report': command(presenceReportSchema, noDataSchema),
  'session.renew': command(sessionRenewSchema, sessionRenewedSchema, ['FORBIDDEN']),
} as const;

export type SocketCommands = typeof socketCommands;
export type SocketCommandName = keyof SocketCommands;
export type SocketCommandBody<Name extends SocketCommandName> = z.infer<SocketCommands[Name]['schema']>;
export type SocketCommandData<Name extends SocketCommandName> = z.infer<SocketCommands[Name]['answer']>;

/** socket.io's event map of what clients emit: `Socket<ServerToClientEvents, ClientToServerEvents>`. */
export type ClientToServerEvents = {
  [Name in SocketCommandName]: (
    body: SocketCommandBody<Name>,
    ack: (answer: Ack<SocketCommandData<Name>>) => void,
  ) => void;
};

export function isSocketCommandName(name: string): name is SocketCommandName {
  return Object.hasOwn(socketCommands, name);
}
