import { type TypingChanged } from '@parley/contracts';
import { timing } from '@parley/contracts/constants';
import { type RequestLink } from '../receipts/receipt-sender.js';

/** Told again this often while it goes on: twice within the time after which others take it to have ended. */
const AGAIN_MS = timing.typingLifeMs / 2;

/** Who is writing, oneself included. Nothing of it is kept, and a lost word of it ends by itself. */
export class Typing {
  /** Others who write, by conversation, with what ends it. */
  private readonly writers = new Map<string, Map<string, ReturnType<typeof setTimeout>>>();
  /** When this device last said that its person writes, by a clock that nobody sets. */
  private readonly told = new Map<string, number>();

  constructor(
    private readonly link: RequestLink,
    private readonly changed: (change: TypingChanged) => void,
  ) {}

  /** Call it with every key that is pressed: most calls send nothing. */
  set(conversationId: string, active: boolean): void {
    const last = this.told.get(conversationId);
    if (active ? last !== undefined && performance.now() - last < AGAIN_MS : last === undefined) return;
    if (active) this.told.set(conversationId, performance.now());
    else this.told.delete(conversationId);
    // Whatever becomes of it: the next key says it again.
    void this.link.request('typing.set', { conversationId, active });
  }

  /** One's own message is on its way, which ends the typing without a word of its own. */
  sent(conversationId: string): void {
    this.told.delete(conversationId);
  }

  of(conversationId: string): string[] {
    return [...(this.writers.get(conversationId)?.keys() ?? [])];
  }

  hear({ conversationId, userId, active }: TypingChanged): void {
    const writers = this.writers.get(conversationId) ?? new Map<string, ReturnType<typeof setTimeout>>();
    this.writers.set(conversationId, writers);
    const known = writers.get(userId);
    clearTimeout(known);
    if (active) {
      const end = (): void => this.hear({ conversationId, userId, active: false });
      writers.set(userId, setTimeout(end, timing.typingLifeMs));
    } else writers.delete(userId);
    if (writers.size === 0) this.writers.delete(conversationId);
    if ((known !== undefined) !== active) this.changed({ conversationId, userId, active });
  }

  close(): void {
    for (const writers of this.writers.values()) for (const timer of writers.values()) clearTimeout(timer);
    this.writers.clear();
  }
}
