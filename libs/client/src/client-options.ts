import { type TokenProvider } from './connection/connection.js';
import { type SyncTimes } from './conversations/synchronizer.js';
import { type ClientObserver } from './observer.js';
import { type OutboxOptions } from './outbox/sender.js';
import { type Store } from './stores/store.js';
import { type TabPlatform } from './tabs/tabs.js';

export interface ClientOptions {
  /** The origin of the server, such as `https://chat.example`. */
  readonly url: string;
  /** Where the sockets are, if not at `url`. */
  readonly socketUrl?: string;
  readonly tokenProvider: TokenProvider;
  /** Where unsent messages are kept; in memory by default. */
  readonly store?: Store;
  /** Which device this is. By default as the token says, else minted once and kept in the store. */
  readonly deviceId?: string;
  /** `auto`: what this device holds is told to the senders as delivered. Reading is always told by `markRead`. */
  readonly receipts?: 'auto' | 'manual';
  /** How tabs that share a store agree; by default the browser's locks and channels. */
  readonly tabs?: TabPlatform;
  readonly observer?: ClientObserver;
  readonly syncTimes?: Partial<SyncTimes>;
  readonly outbox?: Partial<OutboxOptions>;
}
