import { type Store } from './store.js';

const VALUES = 'values';

const done = <Result>(request: IDBRequest<Result>): Promise<Result> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('the database failed'));
  });

/** The store of a browser. All tabs of an origin that name the same database share one outbox. */
export class IndexedDbStore implements Store {
  readonly sharedAs: string;
  private database: Promise<IDBDatabase> | null = null;

  /** @param name one per account, so that two people who use one browser do not send for each other */
  constructor(
    private readonly name: string,
    private readonly factory: IDBFactory = indexedDB,
  ) {
    this.sharedAs = name;
  }

  async put(key: string, value: unknown): Promise<void> {
    await this.change((values) => values.put(value, key));
  }

  async get(key: string): Promise<unknown> {
    return done((await this.values('readonly')).get(key));
  }

  async list(prefix: string): Promise<unknown[]> {
    const range = IDBKeyRange.bound(prefix, `${prefix}\uffff`);
    return done((await this.values('readonly')).getAll(range));
  }

  async delete(key: string): Promise<void> {
    await this.change((values) => values.delete(key));
  }

  /** Resolves when the transaction is complete: a request that succeeded may still be lost with it, as on a full disk. */
  private async change(request: (values: IDBObjectStore) => IDBRequest): Promise<void> {
    const values = await this.values('readwrite');
    return new Promise((resolve, reject) => {
      const { transaction } = values;
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new Error('the database gave up'));
      request(values);
    });
  }

  private async values(mode: IDBTransactionMode): Promise<IDBObjectStore> {
    this.database ??= this.open();
    const database = await this.database;
    return database.transaction(VALUES, mode, { durability: 'strict' }).objectStore(VALUES);
  }

  private async open(): Promise<IDBDatabase> {
    const request = this.factory.open(this.name, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(VALUES);
    try {
      const database = await done(request);
      // The browser may close it, for instance when the user clears the site's data: open it anew then.
      database.onclose = () => (this.database = null);
      database.onversionchange = () => {
        database.close();
        // No `close` event tells of what was closed here.
        this.database = null;
      };
      return database;
    } catch (error) {
      this.database = null;
      throw error;
    }
  }
}
