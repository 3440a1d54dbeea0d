import { type ReceivedCommand } from './received-command.js';

/** The commands of one conversation that are not decided yet, in order of the log. */
export interface ConversationQueue {
  readonly conversationId: string;
  commands: ReceivedCommand[];
}

/** Undecided commands by conversation. Conversations come in the order in which they began to wait. */
export class ConversationQueues {
  private readonly queues = new Map<string, ConversationQueue>();
  private count = 0;

  /** Commands waiting. */
  get size(): number {
    return this.count;
  }

  add(received: ReceivedCommand): void {
    const { conversationId } = received.command;
    const queue = this.queues.get(conversationId);
    if (queue === undefined) this.queues.set(conversationId, { conversationId, commands: [received] });
    else queue.commands.push(received);
    this.count += 1;
  }

  /** The conversations that waited longest, with at most about this many commands together. */
  next(maxCommands: number): ConversationQueue[] {
    const next: ConversationQueue[] = [];
    let commands = 0;
    for (const queue of this.queues.values()) {
      if (commands >= maxCommands) break;
      next.push(queue);
      commands += queue.commands.length;
    }
    return next;
  }

  /**
   * Some commands of a conversation are decided. Where they were the first ones, what is left waits behind the other
   * conversations; otherwise something came up, and it is first in the next round.
   */
  decided(conversationId: string, decided: readonly ReceivedCommand[]): void {
    const queue = this.queues.get(conversationId);
    if (queue === undefined || decided.length === 0) return;
    const { commands } = queue;
    const count = decided.length;
    this.count -= count;
    // Both are in the order of the log, so the same last one means the same ones.
    const inTurn = commands[count - 1] === decided[count - 1];
    if (inTurn && count === commands.length) {
      this.queues.delete(conversationId);
      queue.commands = [];
      return;
    }
    if (inTurn) {
      queue.commands = commands.slice(count);
      this.queues.delete(conversationId);
      this.queues.set(conversationId, queue);
      return;
    }
    const done = new Set(decided);
    queue.commands = commands.filter((command) => !done.has(command));
  }
}
