import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Log } from '@parley/service';
import { GatewayConfig } from '../config.js';
import { SocketWriter } from '../outbound/socket-writer.js';
import { Admission } from './admission.js';
import type { Session } from './session.js';
import { SessionTable } from './session-table.js';

/**
 * The end of the process: clients are asked to move, spread over half of the time, and those that have not when it is
 * over are closed. Everything else goes on meanwhile, so that commands under way are answered.
 */
@Injectable()
export class Drain implements OnModuleDestroy {
  constructor(
    private readonly config: GatewayConfig,
    private readonly admission: Admission,
    private readonly table: SessionTable,
    private readonly writer: SocketWriter,
    private readonly log: Log,
  ) {}

  async onModuleDestroy(): Promise<void> {
    this.admission.close('draining');
    this.log.info({ sockets: this.table.size }, 'asking clients to move');
    askToMove(this.writer, this.table, this.config.drainMs / 2);
    if (!(await this.emptyInTime())) {
      this.log.warn({ sockets: this.table.size }, 'closing the sockets that stayed');
      closeAll([...this.table.all()]);
    }
  }

  private async emptyInTime(): Promise<boolean> {
    const late = sleep(this.config.drainMs, false, { ref: false });
    return Promise.race([this.table.whenEmpty().then(() => true), late]);
  }
}

/** Clients that do not answer the closing handshake would keep the HTTP server, and so the process, open. */
const closingMs = 1_000;

function closeAll(sessions: readonly Session[]): void {
  for (const { wire } of sessions) wire.close();
  setTimeout(() => {
    for (const { wire } of sessions) wire.terminate();
  }, closingMs).unref();
}

/**
 * Tells all clients to connect elsewhere and then leave.
 * @param withinMs each is given a moment of its own in this time, so that they do not all come at once
 */
export function askToMove(writer: SocketWriter, table: SessionTable, withinMs: number): void {
  for (const session of table.all()) {
    writer.emit(session, 'session.draining', { reconnectAfterMs: Math.floor(Math.random() * withinMs) });
  }
}
