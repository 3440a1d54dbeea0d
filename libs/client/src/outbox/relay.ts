import { type Tabs } from '../tabs/tabs.js';
import { DoneLately } from './done-lately.js';
import { failureOf, keptOf, type OutboxEntry, type Result, type TabMessage } from './entry.js';
import { type KeptEntries } from './kept-entries.js';
import { type Owner } from './owner.js';
import { type Sender, SenderClosed } from './sender.js';
import { type ShownEntries } from './shown-entries.js';

const LEAD_AGAIN_MS = 1_000;

/**
 * Brings the owner's entries to the server. Where this tab leads, it sends its own and the other tabs', and tells them
 * what became of each; where another one leads, it hears that from there. Without other tabs it leads, unless it rests.
 */
export class Relay {
  private joined = false;
  private leading = false;
  /** Counts how often this tab stood down: what began before is over. */
  private turn = 0;
  private resting = false;
  private readonly sending = new Set<string>();
  /** What this tab sent lately, for one that hands it over again because it missed the answer. */
  private readonly done = new DoneLately();

  constructor(
    private readonly sender: Sender,
    private readonly kept: KeptEntries,
    private readonly shown: ShownEntries,
    private readonly owner: Owner,
    private readonly tabs?: Tabs,
  ) {}

  get leads(): boolean {
    return this.leading;
  }

  /** Hears the other tabs from now on. */
  join(): void {
    if (this.joined) return;
    this.joined = true;
    this.tabs?.join((message) => this.hear(message));
  }

  /** Leads as soon as no other tab does. */
  stand(): void {
    if (this.resting) return;
    if (this.tabs) this.tabs.stand(() => this.lead());
    else this.lead();
  }

  /** There will be no session: another tab sends, until this one resumes. */
  rest(): void {
    this.resting = true;
    this.leading = false;
    this.turn += 1;
    this.stopSending();
    this.tabs?.standDown();
  }

  resume(): void {
    if (!this.resting) return;
    this.resting = false;
    if (this.shown.loaded) this.stand();
  }

  leave(): void {
    this.rest();
    this.tabs?.leave();
  }

  /** Another tab may have ended between keeping a command and handing it over. */
  sessionBegan(): void {
    if (this.leading && this.tabs) this.lead();
  }

  /** Sends what is in the store, whichever tab or earlier run it comes from, and from then on what is handed over. */
  lead(turn = this.turn): void {
    void this.kept.inLine(async () => {
      try {
        const listed = await this.kept.list();
        const kept = listed.map((each) => this.owner.claimed(each));
        // Of nobody until now: the next user of the store is not to send it.
        for (const [index, each] of kept.entries()) if (each !== listed[index]) await this.kept.put(each);
        if (turn !== this.turn) return;
        if (!this.leading) this.tabs?.tell({ kind: 'leading' });
        this.leading = true;
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

  /** @param again true where an earlier attempt may have got through */
  send(entry: OutboxEntry, again: boolean): void {
    const { id, command, body } = entry;
    const done = this.done.get(id);
    if (done) return void this.finish(entry, done);
    if (!this.leading || !this.owner.owns(entry) || this.sending.has(id)) return;
    this.sending.add(id);
    void this.sender.submit({ command, body }, again).then(
      (data) => this.finish(entry, { data }),
      (error: unknown) => {
        if (error instanceof SenderClosed) return;
        return this.finish(entry, { failure: failureOf(error) }, error as Error);
      },
    );
  }

  stopSending(): void {
    this.sender.stop();
    this.sending.clear();
  }

  private hear(message: TabMessage): void {
    // Another tab leads now. What the one before it did with these, nobody knows.
    if (message.kind === 'leading') {
      for (const entry of this.shown.handedOver()) this.tabs?.tell({ kind: 'queued', entry, again: true });
      return;
    }
    const entry = this.owner.claimed(message.entry);
    if (!this.owner.owns(entry)) return;
    if (message.kind === 'settled') this.shown.settle(entry, message.result);
    else if (message.kind === 'discarded') this.shown.forget(entry);
    else {
      const done = this.done.get(entry.id);
      if (done) return void this.finish(entry, done);
      this.shown.show(entry);
      if (this.leading) void this.kept.inLine(async () => this.send(entry, message.again));
    }
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
