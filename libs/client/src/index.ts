export { Accounts } from './api/accounts.js';
export { Api, type ApiOptions, type RequestOptions } from './api/api.js';
export { Conversations, type HistoryRange, type NewGroup } from './api/conversations.js';
export { type ClientEvents, type ClientOptions, ParleyClient } from './client.js';
export { type TokenProvider } from './connection/connection.js';
export {
  type Change,
  type ConversationEvent,
  ConversationState,
} from './conversations/conversation-state.js';
export { defaultSyncTimes, type SyncTimes } from './conversations/synchronizer.js';
export { isStoredRefusal, RequestFailed } from './failure.js';
export { mintId } from './ids.js';
export { type ClientObserver } from './observer.js';
export { type Attempt, type ConversationCommand } from './outbox/outbox.js';
