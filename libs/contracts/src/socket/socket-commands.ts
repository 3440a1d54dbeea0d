import { z } from 'zod';
import { messageDeleteSchema } from '../commands/message-delete.js';
import { messageEditSchema } from '../commands/message-edit.js';
import { messageSendSchema } from '../commands/message-send.js';
import { reactionSetSchema } from '../commands/reaction-set.js';
import type { Message } from '../entities/message.js';
import { receiptAdvanceSchema } from '../signals/receipt-advance.js';
import { typingSetSchema } from '../signals/typing-set.js';
import type { Ack } from './ack.js';

export interface MessageSent {
  message: Message;
  /** True when the id was stored already: the first answer again. */
  deduplicated: boolean;
}

export interface MessageChanged {
  message: Message;
}

/** The ack says only that it was accepted: `{}`. */
export type NoData = Record<string, never>;

export const sessionRenewSchema = z.strictObject({ token: z.string().min(1).max(8_192) });
export interface SessionRenewed {
  /** When the new token ends: ISO 8601. */
  expiresAt: string;
}

/** Ties an event's name, the schema of its body and the type of its ack's data together. */
export interface SocketCommand<Schema extends z.ZodType, Data> {
  readonly schema: Schema;
  /** Never read: carries the type of the ack's data. */
  readonly data?: Data;
}

function answeredBy<Data>() {
  return <Schema extends z.ZodType>(schema: Schema): SocketCommand<Schema, Data> => ({ schema });
}

/** Every event that a client may emit; each wants an ack. */
export const socketCommands = {
  'message.send': answeredBy<MessageSent>()(messageSendSchema),
  'message.edit': answeredBy<MessageChanged>()(messageEditSchema),
  'message.delete': answeredBy<MessageChanged>()(messageDeleteSchema),
  'reaction.set': answeredBy<MessageChanged>()(reactionSetSchema),
  'receipt.advance': answeredBy<NoData>()(receiptAdvanceSchema),
  'typing.set': answeredBy<NoData>()(typingSetSchema),
  'session.renew': answeredBy<SessionRenewed>()(sessionRenewSchema),
} as const;

export type SocketCommands = typeof socketCommands;
export type SocketCommandName = keyof SocketCommands;
export type SocketCommandBody<Name extends SocketCommandName> = z.infer<SocketCommands[Name]['schema']>;
export type SocketCommandData<Name extends SocketCommandName> =
  SocketCommands[Name] extends SocketCommand<z.ZodType, infer Data> ? Data : never;

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
