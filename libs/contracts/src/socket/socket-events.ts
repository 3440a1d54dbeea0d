import { z } from 'zod';
import { errorCodeSchema } from '../error-body.js';
import { conversationCreatedSchema } from '../events/conversation-created.js';
import { conversationUpdatedSchema } from '../events/conversation-updated.js';
import { memberJoinedSchema } from '../events/member-joined.js';
import { memberLeftSchema } from '../events/member-left.js';
import { memberUpdatedSchema } from '../events/member-updated.js';
import { messageCreatedSchema } from '../events/message-created.js';
import { messageDeletedSchema } from '../events/message-deleted.js';
import { messageEditedSchema } from '../events/message-edited.js';
import { reactionChangedSchema } from '../events/reaction-changed.js';
import { presenceChangedSchema } from '../events/presence-changed.js';
import { receiptAdvancedSchema } from '../events/receipt-advanced.js';
import { receiptSummarizedSchema } from '../events/receipt-summarized.js';
import { typingChangedSchema } from '../events/typing-changed.js';
import { idSchema, timestampSchema } from '../values.js';

export const sessionReadySchema = z
  .object({
    sessionId: z.string().describe('`slot/incarnation/counter`.'),
    userId: idSchema,
    deviceId: idSchema,
    serverTime: timestampSchema,
    limits: z
      .object({
        textLength: z.number().int(),
        frameBytes: z.number().int(),
        commandsPerSecond: z.number().int(),
        commandBurst: z.number().int(),
        inFlightPerSocket: z.number().int(),
      })
      .describe('Those in force for this session.'),
  })
  .meta({ id: 'SessionReady', description: 'The socket is a session now: ask for a sync.' });
export type SessionReady = z.infer<typeof sessionReadySchema>;

export const sessionResyncSchema = z
  .object({
    reason: z
      .enum(['inbox-jump', 'new-incarnation', 'presence-jump'])
      .describe(
        '`presence-jump`: only changes of presence may be missing, so asking for a snapshot is enough.',
      ),
  })
  .meta({ id: 'SessionResync', description: 'Something may have been missed: ask for a sync.' });
export type SessionResync = z.infer<typeof sessionResyncSchema>;

export const sessionDrainingSchema = z
  .object({ reconnectAfterMs: z.number().nonnegative() })
  .meta({ id: 'SessionDraining', description: 'Connect again (elsewhere), then drop this socket.' });
export type SessionDraining = z.infer<typeof sessionDrainingSchema>;

export const sessionClosedSchema = z
  .object({
    code: errorCodeSchema,
    message: z.string(),
    reconnect: z.boolean().describe('Whether connecting again can help.'),
  })
  .meta({
    id: 'SessionClosed',
    description: 'Why the server ends this session; the socket closes right after.',
  });
export type SessionClosed = z.infer<typeof sessionClosedSchema>;

/** Every event of a conversation, as clients and the public log carry it. */
export const conversationEvents = {
  'message.created': messageCreatedSchema,
  'message.edited': messageEditedSchema,
  'message.deleted': messageDeletedSchema,
  'reaction.changed': reactionChangedSchema,
  'conversation.created': conversationCreatedSchema,
  'conversation.updated': conversationUpdatedSchema,
  'member.joined': memberJoinedSchema,
  'member.updated': memberUpdatedSchema,
  'member.left': memberLeftSchema,
} as const;

/** What only matters while it is fresh: told to who is online, in no order of versions and in no public log. */
export const liveEvents = {
  'receipt.advanced': receiptAdvancedSchema,
  'receipt.summarized': receiptSummarizedSchema,
  'typing.changed': typingChangedSchema,
} as const;

/** Told to sessions that watch the user. */
export const presenceEvents = { 'presence.changed': presenceChangedSchema } as const;

/** What the gateway says of the session itself. */
export const sessionEvents = {
  'session.ready': sessionReadySchema,
  'session.resync': sessionResyncSchema,
  'session.draining': sessionDrainingSchema,
  'session.closed': sessionClosedSchema,
} as const;

type Bodies<Events extends Record<string, z.ZodType>> = {
  [Name in keyof Events]: z.infer<Events[Name]>;
};

export type ConversationEvents = Bodies<typeof conversationEvents>;
export type ConversationEventName = keyof ConversationEvents;
export type LiveEvents = Bodies<typeof liveEvents>;
export type LiveEventName = keyof LiveEvents;
export type PresenceEvents = Bodies<typeof presenceEvents>;
export type SessionEvents = Bodies<typeof sessionEvents>;

/** What message processes deliver to sessions. */
export type DeliveredEventName = ConversationEventName | LiveEventName;

export type SocketEvents = ConversationEvents & LiveEvents & PresenceEvents & SessionEvents;
export type SocketEventName = keyof SocketEvents;

/** socket.io's event map of what the gateway emits. */
export type ServerToClientEvents = { [Name in SocketEventName]: (body: SocketEvents[Name]) => void };

export const connectErrorSchema = z
  .object({
    code: errorCodeSchema,
    message: z.string(),
    retryable: z.boolean(),
    retryAfterMs: z.number().nonnegative().exactOptional(),
  })
  .meta({ id: 'ConnectError', description: 'What a refused handshake carries: `connect_error.data`.' });
export type ConnectErrorData = z.infer<typeof connectErrorSchema>;

export const handshakeSchema = z
  .object({
    token: z.string('is missing: connect with auth {token, deviceId}').min(1),
    deviceId: idSchema.describe(
      "Must be the token's where the token names one; minted by the client once per installation.",
    ),
  })
  .meta({ id: 'Handshake', description: "The handshake's `auth`." });
export type HandshakeAuth = z.infer<typeof handshakeSchema>;

/** Every event that the gateway emits. */
export const socketEvents = {
  ...conversationEvents,
  ...liveEvents,
  ...presenceEvents,
  ...sessionEvents,
} as const satisfies Record<SocketEventName, z.ZodType>;
