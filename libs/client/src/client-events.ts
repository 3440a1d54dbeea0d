import {
  type Message,
  type Presence,
  type ReceiptAdvanced,
  type ReceiptSummarized,
  type SessionClosed,
  type SessionReady,
  type TypingChanged,
} from '@parley/contracts';
import { type ConnectionState } from './connection/connection.js';
import { type Change } from './conversations/conversation-state.js';
import { type ShownMessage } from './conversations/shown-message.js';

/** What a client tells; each conversation tells its own part too. */
export interface ClientEvents {
  state: ConnectionState;
  /** An attempt to connect came to nothing, and why; it is being tried again. */
  trouble: Error;
  /** A new session. */
  ready: SessionReady;
  lost: undefined;
  /** The server does not want this client any more, for instance because its device was logged out. */
  closed: SessionClosed;
  /** A stored message that is new here, or changed. */
  message: { conversationId: string; how: 'new' | 'changed'; message: Message };
  /** One of one's own messages came to nothing. */
  failed: { conversationId: string; message: ShownMessage };
  /** Everything that changed in a conversation, messages included. */
  changed: { conversationId: string; changes: readonly Change[] };
  left: { conversationId: string; leftVersion: number };
  typing: TypingChanged;
  receipt: ReceiptAdvanced;
  /** Counts of a large group. */
  receipts: ReceiptSummarized;
  presence: Presence;
  /** Somebody who was seen may not be seen any more; noticed within minutes. */
  presenceHidden: { userId: string };
}
