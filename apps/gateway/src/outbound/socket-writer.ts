import { Injectable } from '@nestjs/common';
import type { SessionClosed, SessionEvents } from '@parley/contracts';
import { GatewayLimits } from '../limits.js';
import { GatewayMetrics } from '../metrics.js';
import type { Session } from '../sessions/session.js';
import { encodeAckFrame, encodeEventFrame, type Frame } from './frame.js';

/** Everything that is written to clients goes through here, and so does the budget of what may wait for one. */
@Injectable()
export class SocketWriter {
  constructor(
    private readonly limits: GatewayLimits,
    private readonly metrics: GatewayMetrics,
  ) {}

  /**
   * Writes the bytes of one or more whole frames. A client that does not read is closed instead: it reconnects and
   * syncs, and nobody waits for it.
   */
  write(session: Session, frames: Frame): void {
    if (session.ended) return;
    if (session.wire.waitingBytes > this.limits.waitingBytesPerSocket) {
      this.metrics.slowReaders.inc();
      session.wire.terminate();
      return;
    }
    session.wire.write(frames);
  }

  answer(session: Session, ackId: number, ack: object): void {
    this.write(session, encodeAckFrame(ackId, Buffer.from(JSON.stringify(ack))));
  }

  emit<Name extends keyof SessionEvents>(session: Session, event: Name, body: SessionEvents[Name]): void {
    this.write(session, encodeSessionEvent(event, body));
  }

  emitToAll<Name extends keyof SessionEvents>(
    sessions: Iterable<Session>,
    event: Name,
    body: SessionEvents[Name],
  ): void {
    const frame = encodeSessionEvent(event, body);
    for (const session of sessions) this.write(session, frame);
  }

  /** Says why and closes. socket.io clients reconnect by themselves unless they are told to go for good. */
  close(session: Session, reason: SessionClosed): void {
    if (session.ended) return;
    this.emit(session, 'session.closed', reason);
    if (reason.reconnect) session.wire.close();
    else session.socket.disconnect(true);
  }
}

function encodeSessionEvent<Name extends keyof SessionEvents>(event: Name, body: SessionEvents[Name]): Frame {
  return encodeEventFrame(event, Buffer.from(JSON.stringify(body)));
}
