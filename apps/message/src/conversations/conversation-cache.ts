import { type ConversationState } from './conversation-state.js';

/** A conversation without members costs about as much as this many of them. */
const WEIGHT_OF_CONVERSATION = 10;

/** Conversations lately in use. What it holds may be stale at any time; the fence finds out. */
export class ConversationCache {
  private readonly states = new Map<string, ConversationState>();
  private readonly weights = new Map<string, number>();
  private weight = 0;

  /** @param maxMembers members of all conversations together beyond which the least recently used go */
  constructor(private readonly maxMembers: number) {}

  get(conversationId: string): ConversationState | undefined {
    const state = this.states.get(conversationId);
    if (state !== undefined) {
      this.states.delete(conversationId);
      this.states.set(conversationId, state);
    }
    return state;
  }

  put(state: ConversationState): void {
    this.drop(state.id);
    const weight = state.members.size + WEIGHT_OF_CONVERSATION;
    this.states.set(state.id, state);
    this.weights.set(state.id, weight);
    this.weight += weight;
    for (const id of this.states.keys()) {
      if (this.weight <= this.maxMembers || id === state.id) break;
      this.drop(id);
    }
  }

  drop(conversationId: string): void {
    if (!this.states.delete(conversationId)) return;
    this.weight -= this.weights.get(conversationId) ?? 0;
    this.weights.delete(conversationId);
  }

  /** Drops all others: conversations of partitions that another process owns now. */
  keepOnly(fits: (conversationId: string) => boolean): void {
    for (const id of [...this.states.keys()]) if (!fits(id)) this.drop(id);
  }

  get size(): number {
    return this.states.size;
  }
}
