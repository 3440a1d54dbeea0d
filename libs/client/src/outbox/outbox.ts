import { type SocketCommandBody, type SocketCommandData } from '@parley/contracts';
import { StoreFailed } from '../failure.js';
import { mintId } from '../ids.js';
import { type Store } from '../stores/store.js';
import { type Tabs } from '../tabs/tabs.js';
import { type Attempt, commandIdOf, type ConversationCommand } from './commands.js';
import { entryOf, failureOf, type OutboxEntry, type OutboxObserver } from './entry.js';
import { KeptEntries } from './kept-entries.js';
import { Owner } from './owner.js';
import { Relay } from './relay.js';
import { type Sender, SenderClosed } from './sender.js';
import { ShownEntries } from './shown-entries.js';
import { Waiters } from './waiters.js';

/**
 * Commands that are not answered yet, kept in the store before they are sent for the first time and until they are
 * answered. Of the tabs that share a store one sends; the others hand theirs over and hear what became of them.
 */
export class Outbox {
  private readonly kept: KeptEntries;
  private readonly owner = new Owner();
  private readonly waiters = new Waiters();
  private readonly shown: ShownEntries;
  private readonly relay: Relay;
  private loading: Promise<void> | null = null;
  private closed = false;

  constructor(
    sender: Sender,
    store: Store,
    observer: OutboxObserver,
    private readonly tabs?: Tabs,
  ) {
    this.kept = new KeptEntries(store);
    this.shown = new ShownEntries(this.owner, this.waiters, observer);
    this.relay = new Relay(sender, this.kept, this.shown, this.owner, tabs);
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
    if (before !== undefined) this.relay.stopSending();
    this.shown.ownerChanged();
    if (this.shown.loaded) void this.shown.load(this.keptToShow());
    if (this.relay.leads) this.relay.lead();
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

  sessionBegan(): void {
    this.relay.sessionBegan();
  }

  /** There will be no session: another tab sends, until this one resumes. */
  rest(): void {
    this.relay.rest();
  }

  resume(): void {
    if (!this.closed) this.relay.resume();
  }

  /** Whoever waits for an answer hears that there will be none from here; what is kept goes out another time. */
  close(): void {
    this.closed = true;
    this.relay.leave();
    this.waiters.close();
  }

  private async load(): Promise<void> {
    this.relay.join();
    await this.shown.load(this.kept.list());
    this.relay.stand();
  }

  /** Where this tab leads, what is to go out is shown as it is sent. */
  private async keptToShow(): Promise<OutboxEntry[]> {
    let kept: OutboxEntry[] = [];
    await this.kept.inLine(async () => (kept = await this.kept.list()));
    return kept.filter((entry) => entry.failure || !this.relay.leads);
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
    this.relay.send(entry, again);
  }

  /** What it was to take the place of is still kept: it stays failed as before. */
  private notKept(entry: OutboxEntry, error: StoreFailed, replaced?: OutboxEntry): void {
    if (replaced?.failure) this.shown.settle(replaced, { failure: replaced.failure }, error);
    else this.shown.settle(entry, { failure: failureOf(error) }, error);
    this.waiters.take(entry.id)?.reject(error);
  }
}
