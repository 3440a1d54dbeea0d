import { type Store } from '../stores/store.js';
import { ENTRIES, keyOf, type OutboxEntry } from './entry.js';

/** The entries as the store keeps them: of this tab and the others, of this run and earlier ones, of every user. */
export class KeptEntries {
  /** What is done with the store, one after the other, so that nothing overtakes. */
  private line: Promise<void> = Promise.resolve();

  constructor(private readonly store: Store) {}

  /** In the order of writing, without those that another one is tried instead of: a crash can leave both. */
  async list(): Promise<OutboxEntry[]> {
    const kept = (await this.store.list(ENTRIES)) as OutboxEntry[];
    const replaced = new Set(kept.map(({ replaces }) => replaces));
    for (const entry of kept) {
      if (replaced.has(keyOf(entry))) void this.inLine(() => this.delete(entry));
    }
    return kept.filter((entry) => !replaced.has(keyOf(entry)));
  }

  put(entry: OutboxEntry): Promise<void> {
    return this.store.put(keyOf(entry), entry);
  }

  delete(entry: OutboxEntry): Promise<void> {
    return this.store.delete(keyOf(entry));
  }

  /** Resolves when it is done, whether it failed or not. */
  inLine(task: () => Promise<unknown>): Promise<void> {
    this.line = this.line.then(task).then(
      () => undefined,
      () => undefined,
    );
    return this.line;
  }
}
