import { type SocketCommandBody, type SocketCommandData } from '@parley/contracts';
import { StoreFailed } from '../failure.js';
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
import { Owner } from './owner.js';
import { type Sender, SenderClosed } from './sender.js';
import { ShownEntries } from './shown-entries.js';
import { Waiters } from './waiters.js';

const LEAD_AGAIN_MS = 1_000;

/**
 * Commands that are not answered yet, kept in the store before they are sent for the first time and until they are
 * answered. Of the tabs that share a store one sends; the others hand theirs over and hear what became of them.
 */
export class Outbox {
  private readonly kept: KeptEntries;
  private readonly owner = new Owner();
  private readonly waiters = new Waiters();
  private readonly shown: ShownEntries;
  private readonly sending = new Set<string>();
  /** What this tab sent lately, for one that hands it over again because it missed the answer. */
  private readonly done = new DoneLately();
  private loading: Promise<void> | null = null;
  private joined = false;
  private leads = false;
  /** Counts how often this tab stood down: what began before is over. */
  private turn = 0;
  private resting = false;
  private closed = false;

  constructor(
    private readonly sender: Sender,
    store: Store,
    observer: OutboxObserver,
    private readonly tabs?: Tabs,
  ) {
    this.kept = new KeptEntries(store);
    this.shown = new ShownEntries(this.owner, this.waiters, observer);
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

  /** From now on this user's are shown and sent, and nobody else's. */
  belongsTo(userId: string): void {
    const before = this.owner.userId;
    if (userId === before) return;
    this.owner.userId = userId;
    if (before !== undefined) this.stopSending();
    this.shown.ownerChanged();
    if (this.leads) this.lead();
    else if (this.shown.loaded)
      void this.kept.inLine(async () => (await this.kept.list()).forEach((each) => this.shown.show(each)));
  }

  /** Commands that wait or are on their way, of this tab or another. */
  get size(): number {
    return this.shown.size;
  }

  /** In the order of writing, failed ones among them. */
  of(conversationId: string): OutboxEntry[] {
    return this.shown.of(conversationId);
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
    const result = this.shown.loaded ? begin() : this.start().then(begin);
    // A message that fails says so where it is shown: whoever does not wait for it need not catch it.
    result.catch(() => undefined);
    return result as Promise<SocketCommandData<Name>>;
  }

  /** Tries a failed one again: with a new id, unless the old attempt may yet happen. */
  retry(id: string): Promise<unknown> {
    const failed = this.shown.get(id);
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
    const entry = this.shown.get(id);
    if (!entry?.failure) return;
    this.tabs?.tell({ kind: 'discarded', entry });
    this.shown.forget(entry);
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
    if (this.shown.loaded) this.stand();
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
    this.shown.load(kept);
    this.stand();
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
    const held = this.shown.get(id);
    const onItsWay = held !== undefined && !held.failure;
    const result = this.waiters.wait(id, onItsWay);
    // Of an earlier run or another tab: it is kept, and goes out once.
    if (onItsWay) return result;
    const replaced = failed ?? held;
    if (replaced) this.shown.forget(replaced);
    const entry = this.owner.claimed(entryOf(attempt, this.shown.nextOrder(), replaced));
    void this.kept.inLine(() => this.keep(this.owner.claimed(entry), replaced));
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
    if (!this.owner.owns(entry)) return this.shown.letGo(entry);
    this.shown.show(entry);
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
    if (replaced?.failure) this.shown.settle(replaced, { failure: replaced.failure }, error);
    else this.shown.settle(entry, { failure: failureOf(error) }, error);
    this.waiters.take(entry.id)?.reject(error);
  }

  private hear(message: TabMessage): void {
    // Another tab leads now. What the one before it did with these, nobody knows.
    if (message.kind === 'leading') {
      return this.shown
        .handedOver()
        .forEach((entry) => this.tabs?.tell({ kind: 'queued', entry, again: true }));
    }
    const entry = this.owner.claimed(message.entry);
    if (!this.owner.owns(entry)) return;
    if (message.kind === 'settled') this.shown.settle(entry, message.result);
    else if (message.kind === 'discarded') this.shown.forget(entry);
    else {
      const done = this.done.get(entry.id);
      if (done) return void this.finish(entry, done);
      this.shown.show(entry);
      if (this.leads) void this.kept.inLine(async () => this.send(entry, message.again));
    }
  }

  /** Sends what is in the store, whichever tab or earlier run it comes from, and from then on what is handed over. */
  private lead(turn = this.turn): void {
    void this.kept.inLine(async () => {
      try {
        const kept = await this.kept.list();
        // Of nobody until now: the next user of the store is not to send it.
        for (const each of kept)
          if (each !== this.owner.claimed(each)) await this.kept.put(this.owner.claimed(each));
        if (turn !== this.turn) return;
        if (!this.leads) this.tabs?.tell({ kind: 'leading' });
        this.leads = true;
        // One that is in the store no more may be done; its own tab, here or below, has not heard so.
        for (const entry of [...kept, ...this.shown.handedOver()]) {
          if (entry.failure) continue;
          if (!this.shown.get(entry.id) && !this.done.get(entry.id)) this.shown.show(entry);
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
    if (!this.leads || !this.owner.owns(entry) || this.sending.has(id)) return;
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
    const entry = this.owner.claimed(sent);
    const kept = keptOf(entry, result);
    const store = (): Promise<unknown> => (kept ? this.kept.put(kept) : this.kept.delete(entry));
    // Kept before it is told: what the application was told has failed must not go out after a crash.
    if ('failure' in result) await this.kept.inLine(store);
    this.sending.delete(entry.id);
    this.tabs?.tell({ kind: 'settled', entry, result });
    this.shown.settle(entry, result, error);
    if ('failure' in result) return;
    if (this.tabs) this.done.remember(entry.id, result);
    // Where the store fails now, the command stays in it: sent again after a restart, it is found done.
    void this.kept.inLine(store);
  }
}
