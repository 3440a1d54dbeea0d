import { type Result } from './entry.js';

const REMEMBERED = 200;

/** The newest results, by the id of their command. */
export class DoneLately {
  private readonly results = new Map<string, Result>();

  get(id: string): Result | undefined {
    return this.results.get(id);
  }

  remember(id: string, result: Result): void {
    this.results.set(id, result);
    const [oldest] = this.results.keys();
    if (this.results.size > REMEMBERED && oldest !== undefined) this.results.delete(oldest);
  }
}
