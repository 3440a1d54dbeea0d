import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { ProcessLife } from '@parley/sessions';
import { GatewayConfig } from '../config.js';
import { SocketWriter } from '../outbound/socket-writer.js';
import { Admission } from './admission.js';
import { askToMove } from './drain.js';
import { SessionTable } from './session-table.js';

const everyMs = 1_000;
/** Clients move within this time when the log is away. */
const moveWithinMs = 10_000;

/** Looks at all sessions once a second, instead of a timer in each. */
@Injectable()
export class SessionWatch implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly config: GatewayConfig,
    private readonly life: ProcessLife,
    private readonly admission: Admission,
    private readonly table: SessionTable,
    private readonly writer: SocketWriter,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.closeExpired(Date.now());
      this.watchLog();
    }, everyMs);
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  private closeExpired(now: number): void {
    for (const session of this.table.all()) {
      if (session.identity.expiresAt > now) continue;
      const message = 'The access token has expired: connect again with a new one.';
      this.writer.close(session, { code: 'UNAUTHENTICATED', message, reconnect: true });
    }
  }

  /** A gateway that does not hear itself delivers nothing: its clients are better off elsewhere. */
  private watchLog(): void {
    const away = this.life.silentForMs > this.config.logAwayMs;
    if (away && this.admission.reason === undefined) {
      this.admission.close('log-away');
      askToMove(this.writer, this.table, moveWithinMs);
    } else if (!away && this.admission.reason === 'log-away') {
      this.admission.open();
    }
  }
}
