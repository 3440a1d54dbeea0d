import { type Ack } from '@parley/contracts';
import { waitAfter } from '../backoff.js';
import { type Store } from '../stores/store.js';

/** One's own marks in a conversation, as far as the server has not confirmed them. */
export interface OwnMarks {
  readonly conversationId: string;
  readonly deliveredSeq?: number;
  readonly readSeq?: number;
}

export interface RequestLink {
  request<Data>(command: string, body: object): Promise<Ack<Data>>;
}

const READ = 'read/';
/** Marks of this long go out together. */
const MERGE_MS = 200;
const AT_ONCE = 16;
const retrying = { firstMs: 1_000, mostMs: 30_000 };

/**
 * Tells the server one's own marks. What comes together goes out together, the highest counts, and what did not get
 * through is told again; a read mark also after a restart.
 */
export class ReceiptSender {
  private readonly wanted = new Map<string, OwnMarks>();
  private userId = '';
  private timer: ReturnType<typeof setTimeout> | undefined;
  private kept: Promise<void> = Promise.resolve();
  private online = false;
  /** One flush at a time, also over a reconnect: it sends what the one before did not get through. */
  private flushing = false;
  /** Sessions so far: a failure of an earlier one says nothing about this one. */
  private sessions = 0;
  private failures = 0;

  constructor(
    private readonly link: RequestLink,
    private readonly store: Store,
  ) {}

  /** Read marks that an earlier run of this user could not send; anybody else's wait until they are back. */
  async start(userId: string): Promise<void> {
    if (this.userId !== '') this.wanted.clear();
    this.userId = userId;
    const kept = (await this.store.list(`${READ}${userId}/`)) as OwnMarks[];
    if (userId === this.userId) for (const each of kept) this.want(each);
  }

  delivered(conversationId: string, deliveredSeq: number): void {
    this.want({ conversationId, deliveredSeq });
  }

  read(conversationId: string, readSeq: number): void {
    this.want({ conversationId, readSeq });
    const highest = { conversationId, readSeq: this.wanted.get(conversationId)?.readSeq };
    const key = this.keyOf(conversationId);
    this.keep(() => this.store.put(key, highest));
  }

  sessionBegan(): void {
    this.online = true;
    this.sessions += 1;
    this.failures = 0;
    this.flushAfter(0);
  }

  sessionLost(): void {
    this.online = false;
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private want({ conversationId, deliveredSeq, readSeq }: OwnMarks): void {
    const held = this.wanted.get(conversationId);
    const delivered = Math.max(held?.deliveredSeq ?? 0, deliveredSeq ?? 0);
    const read = Math.max(held?.readSeq ?? 0, readSeq ?? 0);
    this.wanted.set(conversationId, {
      conversationId,
      ...(delivered > read ? { deliveredSeq: delivered } : {}),
      ...(read > 0 ? { readSeq: read } : {}),
    });
    this.flushAfter(MERGE_MS);
  }

  private flushAfter(milliseconds: number): void {
    if (!this.online || this.flushing || this.timer !== undefined) return;
    this.timer = setTimeout(() => void this.flush(), milliseconds);
  }

  private async flush(): Promise<void> {
    this.timer = undefined;
    this.flushing = true;
    const session = this.sessions;
    const marks = [...this.wanted.values()].slice(0, AT_ONCE);
    const retries = await Promise.all(marks.map((each) => this.send(each)));
    this.flushing = false;
    if (this.wanted.size === 0) return;
    this.failures = retries.includes(true) && session === this.sessions ? this.failures + 1 : 0;
    this.flushAfter(this.failures > 0 ? waitAfter(retrying, this.failures) : MERGE_MS);
  }

  /** @returns whether it has to be tried again */
  private async send(marks: OwnMarks): Promise<boolean> {
    const { conversationId } = marks;
    const answer = await this.link.request('receipt.advance', marks);
    if (!answer.ok && (answer.error.retryable || answer.error.code === 'UNAUTHENTICATED')) return true;
    // Told, or refused for good, as when one is no member any more. Newer ones may have come meanwhile.
    if (this.wanted.get(conversationId) === marks) {
      this.wanted.delete(conversationId);
      const key = this.keyOf(conversationId);
      if (marks.readSeq !== undefined) this.keep(() => this.store.delete(key));
    }
    return false;
  }

  private keyOf(conversationId: string): string {
    return `${READ}${this.userId}/${conversationId}`;
  }

  /** In order: what is written late must not replace a later mark, nor come back after that was told. */
  private keep(write: () => Promise<void>): void {
    // A mark that the device cannot keep is still sent; only a restart before that loses it.
    this.kept = this.kept.then(write).catch(() => undefined);
  }
}
