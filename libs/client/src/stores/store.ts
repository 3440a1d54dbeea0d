/**
 * Where a client keeps what must outlive it: the outbox, and which device it is. A promise that resolves means that it
 * is kept, over a crash too where the store is durable; one that rejects, that what was there before still is.
 */
export interface Store {
  /** Names what tabs of one browser share; absent where nobody else can have this store open. */
  readonly sharedAs?: string;
  /** @param value plain JSON */
  put(key: string, value: unknown): Promise<void>;
  get(key: string): Promise<unknown>;
  /** Of keys that begin with `prefix`, ascending by key. */
  list(prefix: string): Promise<unknown[]>;
  delete(key: string): Promise<void>;
}
