import { type TabMessage } from '../outbox/entry.js';

/** What a tab tells the others; it is copied as it is, so plain data only. */
export interface TabChannel {
  postMessage(message: unknown): void;
  onmessage: ((event: { data: unknown }) => void) | null;
  close(): void;
}

/** The part of the Web Locks API that is used here. */
export interface TabLocks {
  request(name: string, options: { signal: AbortSignal }, callback: () => Promise<void>): Promise<unknown>;
}

/** What a browser gives its tabs to agree with each other. */
export interface TabPlatform {
  readonly locks: TabLocks;
  channel(name: string): TabChannel;
}

/** The browser's own, where there is one; Node has it too, for the threads of one process. */
export const tabPlatform = (): TabPlatform | undefined => {
  const locks = globalThis.navigator?.locks;
  if (!locks || typeof BroadcastChannel === 'undefined') return undefined;
  return { locks, channel: (name) => new BroadcastChannel(name) as unknown as TabChannel };
};

/**
 * The tabs that share one outbox. Exactly one leads at any time: it holds a lock that the browser passes on when the
 * tab closes or crashes.
 */
export class Tabs {
  private readonly name: string;
  private channel: TabChannel | null = null;
  /** Ends the wait for the lead. */
  private turn = new AbortController();
  private release: () => void = () => undefined;

  constructor(
    sharedAs: string,
    private readonly platform: TabPlatform,
  ) {
    this.name = `parley outbox ${sharedAs}`;
  }

  join(hear: (message: TabMessage) => void): void {
    this.channel = this.platform.channel(this.name);
    this.channel.onmessage = ({ data }) => hear(data as TabMessage);
  }

  /** @param leading told when no other tab leads: this one does from then on, until it closes or stands down */
  stand(leading: () => void): void {
    const { signal } = (this.turn = new AbortController());
    const held = (): Promise<void> =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve();
        this.release = resolve;
        leading();
      });
    // Rejects when this tab gives up before its turn has come.
    this.platform.locks.request(this.name, { signal }, held).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }

  /** Lets another tab lead, and still hears what the others tell. */
  standDown(): void {
    this.turn.abort();
    this.release();
  }

  tell(message: TabMessage): void {
    this.channel?.postMessage(message);
  }

  leave(): void {
    this.standDown();
    this.channel?.close();
    this.channel = null;
  }
}
