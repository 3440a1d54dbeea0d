export { Api, type ApiOptions, type RequestOptions } from './api/api.js';
export { Auth } from './api/auth.js';
export { Conversations, type HistoryRange, type NewGroup } from './api/conversations.js';
export { Users } from './api/users.js';
export { ParleyClient } from './client.js';
export { type ClientEvents } from './client-events.js';
export { type ClientOptions } from './client-options.js';
export { type ConnectionState, type TokenProvider } from './connection/connection.js';
export { Conversation, type ConversationEvents, type NewMessage } from './conversations/conversation.js';
export {
  type Change,
  type ConversationEvent,
  ConversationState,
} from './conversations/conversation-state.js';
export { type MessageState, type ShownMessage } from './conversations/shown-message.js';
export { defaultSyncTimes, type SyncTimes } from './conversations/synchronizer.js';
export { isStoredRefusal, RequestFailed, StoreFailed } from './failure.js';
export { mintId } from './ids.js';
export { type ClientObserver } from './observer.js';
export { type Attempt, type ConversationCommand } from './outbox/commands.js';
export { type OutboxOptions } from './outbox/sender.js';
export { PresenceWatch } from './presence/presence.js';
export { type Reach } from './receipts/marks.js';
export { IndexedDbStore } from './stores/indexed-db-store.js';
export { MemoryStore } from './stores/memory-store.js';
export { type Store } from './stores/store.js';
export { type TabChannel, type TabLocks, type TabPlatform } from './tabs/tabs.js';
