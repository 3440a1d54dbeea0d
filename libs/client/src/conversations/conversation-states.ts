import { type Message, type SyncedConversation } from '@parley/contracts';
import { type Change, type ConversationEvent, ConversationState } from './conversation-state.js';

export interface StateObserver {
  changed(conversationId: string, changes: readonly Change[]): void;
  synced(conversationId: string, answer: SyncedConversation): void;
  /** Something is missing: at once where nothing at all is known of the conversation. */
  missing(conversationId: string, unknown: boolean): void;
  /** The server began another history: marks of the former one do not count. */
  begunAnew(): void;
}

/** All conversations that this device holds. */
export class ConversationStates {
  private readonly states = new Map<string, ConversationState>();
  /** Known from the first session on; a device belongs to one person for good. */
  userId = '';

  /** @param readSeq how far one has read, on any device */
  constructor(
    private readonly observer: StateObserver,
    private readonly readSeq: (conversationId: string) => number = () => 0,
  ) {}

  get(conversationId: string): ConversationState | undefined {
    return this.states.get(conversationId);
  }

  all(): Iterable<ConversationState> {
    return this.states.values();
  }

  /** The version to sync from: 0 for what is unknown, or that one left and may be back in, or to be counted anew. */
  cursor(conversationId: string): number {
    const state = this.states.get(conversationId);
    return state?.known && state.leftVersion === null && !state.uncounted ? state.version : 0;
  }

  /** One's own mark rose. */
  marked(conversationId: string): void {
    if (this.states.get(conversationId)?.uncounted) this.observer.missing(conversationId, false);
  }

  event(event: ConversationEvent): void {
    const { conversationId } = event.body;
    const state = this.state(conversationId);
    this.tell(state, state.event(event));
  }

  acknowledged(message: Message, how: 'created' | 'changed'): void {
    const state = this.state(message.conversationId);
    this.tell(state, state.acknowledged(message, how));
  }

  synced(conversationId: string, answer: SyncedConversation): void {
    const state = this.state(conversationId);
    this.observer.synced(conversationId, answer);
    const changes = state.synced(answer);
    if (changes.length > 0) this.observer.changed(conversationId, changes);
  }

  /** The server does not know this conversation for us. */
  drop(conversationId: string): void {
    this.states.delete(conversationId);
  }

  /** The server began a new history, for instance from a backup: no cursor and no row counts any more. */
  reset(): void {
    this.observer.begunAnew();
    for (const state of this.states.values()) this.observer.changed(state.id, state.reset());
  }

  private state(conversationId: string): ConversationState {
    const known = this.states.get(conversationId);
    if (known) return known;
    const state = new ConversationState(conversationId, this.userId, () => this.readSeq(conversationId));
    this.states.set(conversationId, state);
    return state;
  }

  private tell(state: ConversationState, changes: readonly Change[]): void {
    if (changes.length > 0) this.observer.changed(state.id, changes);
    if (state.incomplete) this.observer.missing(state.id, !state.known);
  }
}
