import { type Store } from './store.js';

/** Lives as long as the page or process; given to another client, what was not sent goes out from there. */
export class MemoryStore implements Store {
  private readonly values = new Map<string, string>();

  async put(key: string, value: unknown): Promise<void> {
    this.values.set(key, JSON.stringify(value));
  }

  async get(key: string): Promise<unknown> {
    const text = this.values.get(key);
    return text === undefined ? undefined : JSON.parse(text);
  }

  async list(prefix: string): Promise<unknown[]> {
    const keys = [...this.values.keys()].filter((key) => key.startsWith(prefix)).sort();
    return keys.map((key) => JSON.parse(this.values.get(key) ?? 'null') as unknown);
  }

  async delete(key: string): Promise<void> {
    this.values.delete(key);
  }
}
