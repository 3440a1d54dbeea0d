import { type Ack, type SessionReady, type SyncedConversation } from '@parley/contracts';
import { type Change, type ConversationEvent } from './conversations/conversation-state.js';
import { type Attempt } from './outbox/commands.js';

/** Sees everything that goes through a client: for logs, and for tests that check what each client saw. */
export interface ClientObserver {
  ready?(session: SessionReady): void;
  lost?(): void;
  /** Called right before each attempt; what it returns is called with the answer. */
  attempted?(attempt: Attempt): ((answer: Ack<unknown>) => void) | undefined;
  /** An event as it came, doubles and holes included. */
  delivered?(event: ConversationEvent): void;
  synced?(conversationId: string, answer: SyncedConversation): void;
  changed?(conversationId: string, changes: readonly Change[]): void;
}
