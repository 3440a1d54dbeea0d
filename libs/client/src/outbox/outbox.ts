import { type SocketCommandBody, type SocketCommandData } from '@parley/contracts';
import { RequestFailed, StoreFailed } from '../failure.js';
import { mintId } from '../ids.js';
import { type Store } from '../stores/store.js';
import { type Tabs } from '../tabs/tabs.js';
import { type Attempt, commandIdOf, type ConversationCommand } from './commands.js';
import { DoneLately } from './done-lately.js';
import {
  entryOf,
  failureOf,
  keptOf,
  type OutboxEntry,
  type OutboxObserver,
  type Result,
  type TabMessage,
} from './entry.js';
import { KeptEntries } from './kept-entries.js';
import { type Sender, SenderClosed } from './sender.js';
import { Waiters } from './waiters.js';

const LEAD_AGAIN_MS = 1_000;

/**
 * Commands that are not answered yet, kept in the store before they are sent for the first time and until they are
 * answered. Of the tabs that share a store one sends; the others hand theirs over and hear what became of them.
 */
export class Outbox {
  private readonly kept: KeptEntries;
  private readonly entries = new Map<string, OutboxEntry>();
  private readonly waiters = new Waiters();
  private readonly sending = new Set<string>();
  /** Settled while the store was being read, where they may still stand. */
  private readonly settledEarly = new Set<string>();
  /** What this tab sent lately, for one that hands it over again because it missed the answer. */
  private readonly done = new DoneLately();
  private loading: Promise<void> | null = null;
  private loaded = false;
  private joined = false;
  private lastOrder = 0;
  private userId: string | undefined;
  private leads = false;
  /** Counts how often this tab stood down: what began before is over. */
  private turn = 0;
  private resting = false;
  private closed = false;

  constructor(
    private readonly sender: Sender,
    store: Store,
    private readonly observer: OutboxObserver,
    private readonly tabs?: Tabs,
  ) {
    this.kept = new KeptEntries(store);
  }

  /**
   * Reads what an earlier run left behind, and sends it where this tab leads.
   * @throws StoreFailed
   */
  start(): Promise<void> {
    if (this.closed) return Promise.reject(new SenderClosed());
    this.loading ??= this.load().catch((error: unknown) => {
      this.loading = null;
      throw new StoreFailed(error);
    });
    return this.loading;
  }

  /**
   * Whose device it is, as far as is known by now. What somebody else wrote stays in the store, neither shown nor sent,
   * until they are back; what was written while nobody was known yet is the first one's.
   */
  belongsTo(userId: string): void {
    const before = this.userId;
    if (userId === before) return;
    this.userId = userId;
    if (before !== undefined) this.stopSending();
    for (const entry of [...this.entries.values()].map((each) => this.owned(each))) {
      if (this.mine(entry)) this.entries.set(entry.id, entry);
      else this.letGo(entry);
    }
    if (this.leads) this.lead();
    else if (this.loaded)
      void this.kept.inLine(async () => (await this.kept.list()).forEach((each) => this.show(each)));
  }

  /** Commands that wait or are on their way, of this tab or another. */
  get size(): number {
    const kept = [...this.entries.values()].filter(({ failure }) => !failure);
    return new Set([...kept.map(({ id }) => id), ...this.waiters.ids]).size;
  }

  /** In the order of writing, failed ones among them. */
  of(conversationId: string): OutboxEntry[] {
    const own = [...this.entries.values()].filter(({ body }) => body.conversationId === conversationId);
    return own.sort((left, right) => left.order - right.order);
  }

  /**
   * Resolves with the server's answer, which may come much later where there is no network.
   * @throws RequestFailed when it is refused
   * @throws StoreFailed when it cannot be kept: it is not sent then
   */
  submit<Name extends ConversationCommand>(
    command: Name,
    body: SocketCommandBody<Name>,
  ): Promise<SocketCommandData<Name>> {
    const begin = (): Promise<unknown> => this.begin({ command, body });
    const result = this.loaded ? begin() : this.start().then(begin);
    // A message that fails says so where it is shown: whoever does not wait for it need not catch it.
    result.catch(() => undefined);
    return result as Promise<SocketCommandData<Name>>;
  }

  /** Tries a failed one again: with a new id, unless the old attempt may yet happen. */
  retry(id: string): Promise<unknown> {
    const failed = this.entries.get(id);
    if (!failed?.failure) return Promise.reject(new Error(`${id} has not failed`));
    const { command, body, failure } = failed;
    const again = failure.final ? mintId() : id;
    const attempt = {
      command,
      body: { ...body, ...('commandId' in body ? { commandId: again } : { id: again }) },
    };
    const result = this.begin(attempt, failed);
    result.catch(() => undefined);
    return result;
  }

  /** Forgets a failed one. */
  discard(id: string): void {
    const entry = this.entries.get(id);
    if (!entry?.failure) return;
    this.tabs?.tell({ kind: 'discarded', entry });
    this.forget(entry);
    void this.kept.inLine(() => this.kept.delete(entry));
  }

  /** Another tab may have ended between keeping a command and handing it over. */
  sessionBegan(): void {
    if (this.leads && this.tabs) this.lead();
  }

  /** There will be no session: another tab sends, until this one resumes. */
  rest(): void {
    this.resting = true;
    this.leads = false;
    this.turn += 1;
    this.stopSending();
    this.tabs?.standDown();
  }

  resume(): void {
    if (!this.resting || this.closed) return;
    this.resting = false;
    if (this.loaded) this.stand();
  }

  /** Whoever waits for an answer hears that there will be none from here; what is kept goes out another time. */
  close(): void {
    this.closed = true;
    this.rest();
    this.tabs?.leave();
    this.waiters.close();
  }

  private async load(): Promise<void> {
    if (!this.joined) {
      this.joined = true;
      this.tabs?.join((message) => this.hear(message));
    }
    const kept = await this.kept.list();
    this.loaded = true;
    for (const entry of kept) if (!this.settledEarly.has(entry.id)) this.show(entry);
    this.settledEarly.clear();
    this.stand();
  }

  private owned(entry: OutboxEntry): OutboxEntry {
    const { userId } = this;
    return userId === undefined || entry.userId !== undefined ? entry : { ...entry, userId };
  }

  private mine({ userId }: OutboxEntry): boolean {
    return userId === undefined || userId === this.userId;
  }

  private stand(): void {
    if (this.resting) return;
    if (this.tabs) this.tabs.stand(() => this.lead());
    else this.lead();
  }

  /** @param failed the one that is tried again, under this id or another one */
  private begin(attempt: Attempt, failed?: OutboxEntry): Promise<unknown> {
    if (this.closed) return Promise.reject(new SenderClosed());
    const id = commandIdOf(attempt);
    const known = this.waiters.result(id);
    if (known) return known;
    const held = this.entries.get(id);
    const onItsWay = held !== undefined && !held.failure;
    const result = this.waiters.wait(id, onItsWay);
    // Of an earlier run or another tab: it is kept, and goes out once.
    if (onItsWay) return result;
    const replaced = failed ?? held;
    if (replaced) this.forget(replaced);
    const entry = this.owned(entryOf(attempt, ++this.lastOrder, replaced));
    void this.kept.inLine(() => this.keep(this.owned(entry), replaced));
    return result;
  }

  private async keep(entry: OutboxEntry, replaced?: OutboxEntry): Promise<void> {
    try {
      await this.kept.put(entry);
    } catch (error) {
      // It may be there all the same: what was called a failure must not go out after a restart.
      await this.kept.delete(entry).catch(() => undefined);
      return this.notKept(entry, new StoreFailed(error), replaced);
    }
    if (!this.mine(entry)) return this.letGo(entry);
    this.show(entry);
    const again = replaced?.failure?.final === false;
    if (replaced) {
      // Only now: a crash in between leaves both, never none.
      await this.kept.delete(replaced).catch(() => undefined);
      this.tabs?.tell({ kind: 'discarded', entry: replaced });
    }
    this.waiters.handOver(entry.id);
    this.tabs?.tell({ kind: 'queued', entry, again });
    this.send(entry, again);
  }

  /** What it was to take the place of is still kept: it stays failed as before. */
  private notKept(entry: OutboxEntry, error: StoreFailed, replaced?: OutboxEntry): void {
    if (replaced?.failure) this.settle(replaced, { failure: replaced.failure }, error);
    else this.settle(entry, { failure: failureOf(error) }, error);
    this.waiters.take(entry.id)?.reject(error);
  }

  private hear(message: TabMessage): void {
    // Another tab leads now. What the one before it did with these, nobody knows.
    if (message.kind === 'leading') {
      return this.handedOver().forEach((entry) => this.tabs?.tell({ kind: 'queued', entry, again: true }));
    }
    const entry = this.owned(message.entry);
    if (!this.mine(entry)) return;
    if (message.kind === 'settled') this.settle(entry, message.result);
    else if (message.kind === 'discarded') this.forget(entry);
    else {
      const done = this.done.get(entry.id);
      if (done) return void this.finish(entry, done);
      this.show(entry);
      if (this.leads) void this.kept.inLine(async () => this.send(entry, message.again));
    }
  }

  /** This tab's own, in the order of writing. */
  private handedOver(): OutboxEntry[] {
    const own = [...this.entries.values()].filter(({ id }) => this.waiters.isHandedOver(id));
    return own.sort((left, right) => left.order - right.order);
  }

  /** Sends what is in the store, whichever tab or earlier run it comes from, and from then on what is handed over. */
  private lead(turn = this.turn): void {
    void this.kept.inLine(async () => {
      try {
        const kept = await this.kept.list();
        // Of nobody until now: the next user of the store is not to send it.
        for (const each of kept) if (each !== this.owned(each)) await this.kept.put(this.owned(each));
        if (turn !== this.turn) return;
        if (!this.leads) this.tabs?.tell({ kind: 'leading' });
        this.leads = true;
        // One that is in the store no more may be done; its own tab, here or below, has not heard so.
        for (const entry of [...kept, ...this.handedOver()]) {
          if (entry.failure) continue;
          if (!this.entries.has(entry.id) && !this.done.get(entry.id)) this.show(entry);
          this.send(entry, true);
        }
      } catch {
        // It leads, so nobody else will send: try until the store can be read.
        if (turn === this.turn) setTimeout(() => this.lead(turn), LEAD_AGAIN_MS);
      }
    });
  }

  private stopSending(): void {
    this.sender.stop();
    this.sending.clear();
  }

  private send(entry: OutboxEntry, again: boolean): void {
    const { id, command, body } = entry;
    const done = this.done.get(id);
    if (done) return void this.finish(entry, done);
    if (!this.leads || !this.mine(entry) || this.sending.has(id)) return;
    this.sending.add(id);
    void this.sender.submit({ command, body }, again).then(
      (data) => this.finish(entry, { data }),
      (error: unknown) => {
        if (error instanceof SenderClosed) return;
        return this.finish(entry, { failure: failureOf(error) }, error as Error);
      },
    );
  }

  private async finish(sent: OutboxEntry, result: Result, error?: Error): Promise<void> {
    const entry = this.owned(sent);
    const kept = keptOf(entry, result);
    const store = (): Promise<unknown> => (kept ? this.kept.put(kept) : this.kept.delete(entry));
    // Kept before it is told: what the application was told has failed must not go out after a crash.
    if ('failure' in result) await this.kept.inLine(store);
    this.sending.delete(entry.id);
    this.tabs?.tell({ kind: 'settled', entry, result });
    this.settle(entry, result, error);
    if ('failure' in result) return;
    if (this.tabs) this.done.remember(entry.id, result);
    // Where the store fails now, the command stays in it: sent again after a restart, it is found done.
    void this.kept.inLine(store);
  }

  private settle(entry: OutboxEntry, result: Result, error?: Error): void {
    const { id } = entry;
    if (!this.loaded) this.settledEarly.add(id);
    if (!this.mine(entry)) return;
    const kept = keptOf(entry, result);
    if (kept) this.entries.set(id, kept);
    else this.entries.delete(id);
    // Before it is told: whoever hears of it may try it again at once.
    const waiter = this.waiters.take(id);
    this.observer.settled(entry, result);
    if ('data' in result) waiter?.resolve(result.data);
    else waiter?.reject(error ?? new RequestFailed(result.failure.error, result.failure.final));
  }

  private show(kept: OutboxEntry): void {
    const entry = this.owned(kept);
    if (!this.mine(entry)) return;
    this.lastOrder = Math.max(this.lastOrder, entry.order);
    this.entries.set(entry.id, entry);
    this.observer.queued(entry);
  }

  /** Somebody else's now: whoever waits for it hears nothing more. */
  private letGo(entry: OutboxEntry): void {
    this.forget(entry);
    this.waiters.take(entry.id)?.reject(new SenderClosed());
  }

  private forget(entry: OutboxEntry): void {
    this.entries.delete(entry.id);
    this.observer.discarded(entry);
  }
}
