import type { ErrorCode } from '../errors.js';
import type { ConversationCreated } from '../events/conversation-created.js';
import type { ConversationUpdated } from '../events/conversation-updated.js';
import type { MemberJoined } from '../events/member-joined.js';
import type { MemberLeft } from '../events/member-left.js';
import type { MemberUpdated } from '../events/member-updated.js';
import type { MessageCreated } from '../events/message-created.js';
import type { MessageDeleted } from '../events/message-deleted.js';
import type { MessageEdited } from '../events/message-edited.js';
import type { ReactionChanged } from '../events/reaction-changed.js';
import type { ReceiptAdvanced } from '../events/receipt-advanced.js';
import type { ReceiptSummarized } from '../events/receipt-summarized.js';
import type { TypingChanged } from '../events/typing-changed.js';

export interface SessionReady {
  /** `slot/incarnation/counter`. */
  sessionId: string;
  userId: string;
  deviceId: string;
  serverTime: string;
  limits: {
    textLength: number;
    frameBytes: number;
    commandsPerSecond: number;
    commandBurst: number;
    inFlightPerSocket: number;
  };
}

/** Something may have been missed: ask for a sync. */
export interface SessionResync {
  reason: 'inbox-jump' | 'new-incarnation';
}

/** Connect again (elsewhere), then drop this socket. */
export interface SessionDraining {
  reconnectAfterMs: number;
}

/** Why the server ends this session; the socket closes right after. */
export interface SessionClosed {
  code: ErrorCode;
  message: string;
  reconnect: boolean;
}

/** Every event of a conversation, as clients and the public log carry it. */
export interface ConversationEvents {
  'message.created': MessageCreated;
  'message.edited': MessageEdited;
  'message.deleted': MessageDeleted;
  'reaction.changed': ReactionChanged;
  'conversation.created': ConversationCreated;
  'conversation.updated': ConversationUpdated;
  'member.joined': MemberJoined;
  'member.updated': MemberUpdated;
  'member.left': MemberLeft;
}
export type ConversationEventName = keyof ConversationEvents;

/** What only matters while it is fresh: told to who is online, in no order of versions and in no public log. */
export interface LiveEvents {
  'receipt.advanced': ReceiptAdvanced;
  'receipt.summarized': ReceiptSummarized;
  'typing.changed': TypingChanged;
}
export type LiveEventName = keyof LiveEvents;

/** What message processes deliver to sessions. */
export type DeliveredEventName = ConversationEventName | LiveEventName;

export interface SessionEvents {
  'session.ready': SessionReady;
  'session.resync': SessionResync;
  'session.draining': SessionDraining;
  'session.closed': SessionClosed;
}

export type SocketEvents = ConversationEvents & LiveEvents & SessionEvents;
export type SocketEventName = keyof SocketEvents;

/** socket.io's event map of what the gateway emits. */
export type ServerToClientEvents = { [Name in SocketEventName]: (body: SocketEvents[Name]) => void };

/** What a refused handshake carries: `connect_error.data`. */
export interface ConnectErrorData {
  code: ErrorCode;
  message: string;
  retryable: boolean;
  retryAfterMs?: number;
}

/** The handshake's `auth`. */
export interface HandshakeAuth {
  token: string;
  /** Must be the token's where the token names one; minted by the client once per installation. */
  deviceId: string;
}
