import { Injectable } from '@nestjs/common';
import { Log } from '@parley/service';
import { type InboxMessage, PendingRequests, type ProcessHandlers } from '@parley/sessions';
import { MessageConfig } from '../config.js';

/** What the inbox of this process brings: answers to REST requests. */
@Injectable()
export class InboxReplies implements ProcessHandlers {
  constructor(
    private readonly pending: PendingRequests,
    private readonly config: MessageConfig,
    private readonly log: Log,
  ) {}

  onItems(items: readonly InboxMessage[]): void {
    for (const item of items) {
      if (item.kind === 'reply') this.pending.resolve(item.request, item.ack);
    }
  }

  /** Whoever waits for a lost answer is told `TIMEOUT`, and gets it by asking again with the same id. */
  onJump(): void {
    this.log.warn({ waiting: this.pending.size }, 'answers in the inbox are lost');
  }

  onNewIncarnation(current: number, former: number): void {
    this.log.info({ current, former }, 'answers come under a new incarnation from now on');
  }

  onSuperseded(): void {
    this.config.onSuperseded();
  }
}
