import { type limits, type OwnMark, type SyncOverview, type SyncResponse } from '@parley/contracts';
import { waitAfter } from '../backoff.js';
import { askedWait } from '../failure.js';
import { type ConversationStates } from './conversation-states.js';

/** The server's limit by value: with the table of limits come its reasons, which are long. The type holds them equal. */
const SYNC_CONVERSATIONS: (typeof limits)['syncConversations']['max'] = 200;

/** What of the server a sync needs. */
export interface SyncSource {
  overview(since?: string): Promise<SyncOverview>;
  sync(cursors: Record<string, number>): Promise<SyncResponse>;
}

/** Milliseconds; a test may shorten them. */
export interface SyncTimes {
  /** A hole may fill by itself: what is missing is often on its way. */
  readonly holeMs: number;
  /** After each session begins, once more: something committed just before every server knew of the session. */
  readonly againFromMs: number;
  readonly againToMs: number;
  /** From then on, give or take a third. */
  readonly everyMs: number;
}

export const defaultSyncTimes: SyncTimes = {
  holeMs: 1_000,
  againFromMs: 3_000,
  againToMs: 8_000,
  everyMs: 240_000,
};

const retrying = { firstMs: 500, mostMs: 10_000 };

/** Asks the server for what this device lacks: everything once in a while, one conversation where it has a hole. */
export class Synchronizer {
  /** Conversations to ask for next. */
  private readonly wanted = new Set<string>();
  private overviewWanted = false;
  /** Up to where the overview was told, and of which history. */
  private since: string | undefined;
  private historyEpoch: string | undefined;
  private running: Promise<void> | null = null;
  private active = false;
  private readonly holes = new Map<string, ReturnType<typeof setTimeout>>();
  private next: ReturnType<typeof setTimeout> | undefined;
  private failures = 0;
  /** Those who wait until nothing is missing. */
  private readonly waiting: { resolve: () => void; reject: (error: Error) => void }[] = [];
  /** Ends the wait after a failure. */
  private wake: () => void = () => undefined;

  constructor(
    private readonly source: SyncSource,
    private readonly states: ConversationStates,
    private readonly times: SyncTimes = defaultSyncTimes,
    private readonly marked: (mark: OwnMark) => void = () => undefined,
    /** Asks for what else a session may have missed. */
    private readonly catchUpToo: () => void = () => undefined,
  ) {}

  /** A session began: catch up now, and again when every server surely knows of it. */
  sessionBegan(): void {
    this.active = true;
    // Whatever failed before, the way to the server is open again.
    this.failures = 0;
    this.wake();
    this.catchUp();
    const { againFromMs, againToMs } = this.times;
    this.catchUpAfter(againFromMs + Math.random() * (againToMs - againFromMs));
  }

  sessionLost(): void {
    this.active = false;
    clearTimeout(this.next);
    for (const timer of this.holes.values()) clearTimeout(timer);
    this.holes.clear();
  }

  catchUp(): void {
    this.overviewWanted = true;
    if (this.active) this.catchUpToo();
    this.run();
  }

  /** Asks for one conversation at once. */
  fetch(conversationId: string): void {
    this.wanted.add(conversationId);
    this.run();
  }

  /** Asks for a conversation that still has a hole in a while. */
  fillLater(conversationId: string): void {
    if (!this.active || this.holes.has(conversationId)) return;
    const fill = (): void => {
      this.holes.delete(conversationId);
      if (this.states.get(conversationId)?.incomplete) this.fetch(conversationId);
    };
    this.holes.set(conversationId, setTimeout(fill, this.times.holeMs));
  }

  /**
   * Resolves when everything that is missing now is here: without a session that is after the next one began.
   * @throws Error that `giveUp` is called with
   */
  complete(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      this.catchUp();
    });
  }

  /** Whoever waits hears that nothing more will come. */
  giveUp(error: Error): void {
    for (const { reject } of this.waiting.splice(0)) reject(error);
  }

  private catchUpAfter(milliseconds: number): void {
    clearTimeout(this.next);
    this.next = setTimeout(() => {
      this.catchUp();
      this.catchUpAfter(this.times.everyMs * (2 / 3 + (Math.random() * 2) / 3));
    }, milliseconds);
  }

  private run(): void {
    if (this.running || !this.active) return;
    this.running = this.loop().finally(() => {
      this.running = null;
      if (!this.active) return;
      if (this.overviewWanted || this.wanted.size > 0) this.run();
      else for (const { resolve } of this.waiting.splice(0)) resolve();
    });
  }

  private async loop(): Promise<void> {
    while (this.active && (this.overviewWanted || this.wanted.size > 0)) {
      try {
        if (this.overviewWanted) await this.overview();
        else await this.sync();
        this.failures = 0;
      } catch (error) {
        // Whatever it was, the conversations stay wanted; a session that ended begins again with a catch-up.
        this.failures += 1;
        await this.pause(waitAfter(retrying, this.failures, askedWait(error)));
      }
    }
  }

  private async pause(milliseconds: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>((resolve) => {
      this.wake = resolve;
      timer = setTimeout(resolve, milliseconds);
    });
    clearTimeout(timer);
  }

  /** Finds which conversations moved, appeared, or are no longer one's own. */
  private async overview(): Promise<void> {
    this.overviewWanted = false;
    try {
      for (let more = true; more;) {
        const overview = await this.source.overview(this.since);
        if (this.historyEpoch !== undefined && overview.historyEpoch !== this.historyEpoch)
          this.states.reset();
        this.historyEpoch = overview.historyEpoch;
        for (const moved of overview.moved) if (this.lacks(moved)) this.wanted.add(moved.conversationId);
        overview.marks.forEach(this.marked);
        this.since = overview.next;
        more = overview.more ?? false;
      }
    } catch (error) {
      this.overviewWanted = true;
      throw error;
    }
  }

  private lacks({ conversationId, version, left }: SyncOverview['moved'][number]): boolean {
    const state = this.states.get(conversationId);
    if (left) return state?.leftVersion === null;
    if (!state?.known) return true;
    return state.leftVersion === null ? state.version < version : state.leftVersion < version;
  }

  private async sync(): Promise<void> {
    const ids = [...this.wanted].slice(0, SYNC_CONVERSATIONS);
    const cursors = Object.fromEntries(ids.map((id) => [id, this.states.cursor(id)]));
    for (const id of ids) this.wanted.delete(id);
    try {
      const { conversations } = await this.source.sync(cursors);
      for (const id of ids) {
        const answer = conversations[id];
        if (answer) this.states.synced(id, answer);
        else this.states.drop(id);
        if (this.states.get(id)?.incomplete) this.fillLater(id);
      }
    } catch (error) {
      for (const id of ids) this.wanted.add(id);
      throw error;
    }
  }
}
