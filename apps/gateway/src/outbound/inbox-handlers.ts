import { Injectable } from '@nestjs/common';
import { type InboxMessage, PendingRequests, type ProcessHandlers } from '@parley/sessions';
import { GatewayConfig } from '../config.js';
import { SessionIds } from '../sessions/session-ids.js';
import { SessionLifecycle } from '../sessions/session-lifecycle.js';
import { SocketFanOut } from './socket-fan-out.js';

/** What the inbox of this process brings. */
@Injectable()
export class InboxHandlers implements ProcessHandlers {
  constructor(
    private readonly config: GatewayConfig,
    private readonly fanOut: SocketFanOut,
    private readonly pending: PendingRequests,
    private readonly ids: SessionIds,
    private readonly lifecycle: SessionLifecycle,
  ) {}

  onItems(items: readonly InboxMessage[]): void {
    for (const item of items) {
      if (item.kind === 'deliver') this.fanOut.deliver(item);
      else this.pending.resolve(item.request, item.ack);
    }
    this.fanOut.flush();
  }

  onJump(): void {
    this.lifecycle.resync();
  }

  onNewIncarnation(current: number, former: number): void {
    this.ids.incarnation = current;
    this.lifecycle.announceAnew(former);
  }

  onSuperseded(): void {
    this.lifecycle.closeAll();
    this.config.onSuperseded();
  }
}
