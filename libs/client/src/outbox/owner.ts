import { type OutboxEntry } from './entry.js';

/**
 * Whose device it is, as far as is known by now. What somebody else wrote stays in the store, neither shown nor sent,
 * until they are back; what was written while nobody was known yet is the first one's.
 */
export class Owner {
  userId: string | undefined;

  /** The entry as theirs, where it was nobody's; the same one where it is somebody's, or nobody is known. */
  claimed(entry: OutboxEntry): OutboxEntry {
    const { userId } = this;
    return userId === undefined || entry.userId !== undefined ? entry : { ...entry, userId };
  }

  owns({ userId }: OutboxEntry): boolean {
    return userId === undefined || userId === this.userId;
  }
}
