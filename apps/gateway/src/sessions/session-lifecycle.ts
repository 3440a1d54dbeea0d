import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { DeviceRevoked, SessionClosed, SessionReady, SessionRecord } from '@parley/contracts';
import { SessionAnnouncer } from '@parley/sessions';
import type { Socket } from 'socket.io';
import { GatewayLimits } from '../limits.js';
import { SocketWriter } from '../outbound/socket-writer.js';
import type { Session, SessionIdentity } from './session.js';
import { SessionIds } from './session-ids.js';
import { SessionTable } from './session-table.js';

/** Who cannot write the ends of its sessions in this time leaves that to those who sweep after the dead. */
const finishMs = 3_000;

export function tooManySockets(limit: number): SessionClosed {
  const message = `${limit} sockets of this user are open here: close one first.`;
  return { code: 'RATE_LIMITED', message, reconnect: true };
}

/** From the first packet to the tombstone: who is told about a session, and when. */
@Injectable()
export class SessionLifecycle {
  constructor(
    private readonly ids: SessionIds,
    private readonly table: SessionTable,
    private readonly announcer: SessionAnnouncer,
    private readonly writer: SocketWriter,
    private readonly limits: GatewayLimits,
  ) {}

  start(incarnation: number): void {
    this.ids.incarnation = incarnation;
  }

  /** Waits until the ends of the sessions are written, unless the log is away. */
  async finish(): Promise<void> {
    await Promise.race([this.announcer.written(), sleep(finishMs, undefined, { ref: false })]);
    this.announcer.stop();
  }

  begin(socket: Socket, identity: SessionIdentity): Session {
    return this.table.open(socket, identity);
  }

  /** The client is told once its record stands in the log, so that what it asks for then comes after it. */
  announce(session: Session): void {
    if (this.isOneTooMany(session)) return;
    const { incarnation } = this.ids;
    this.announcer.announce(this.recordOf(session), () => this.announced(session, incarnation));
  }

  end(session: Session): void {
    session.ended = true;
    if (this.table.remove(session)) this.announcer.end(session.userId, this.ids.of(session));
  }

  /** Its socket was silent until it was given up. */
  lose(session: Session): void {
    session.ended = true;
    if (this.table.remove(session)) this.announcer.lose(this.recordOf(session));
  }

  report(session: Session, state: Session['state']): void {
    session.state = state;
    if (!session.ended) this.announcer.announce(this.recordOf(session));
  }

  /** The process was declared dead, and nobody delivers to its sessions any more until they have new names. */
  announceAnew(former: number): void {
    const { incarnation } = this.ids;
    for (const session of this.table.all()) {
      this.announcer.renew(this.ids.of(session, former), this.recordOf(session), () =>
        this.announced(session, incarnation),
      );
    }
  }

  resync(): void {
    this.writer.emitToAll(this.table.all(), 'session.resync', { reason: 'inbox-jump' });
  }

  closeRevoked({ userId, deviceId, revokedAt }: DeviceRevoked): void {
    for (const session of this.table.ofUser(userId)) {
      if (session.deviceId !== deviceId || session.identity.issuedAt >= Date.parse(revokedAt)) continue;
      const message = 'This device was logged out.';
      this.writer.close(session, { code: 'UNAUTHENTICATED', message, reconnect: false });
    }
  }

  closeAll(): void {
    for (const session of this.table.all()) session.wire.close();
  }

  /** The handshake looked before; this is for those who came at the same moment. */
  private isOneTooMany(session: Session): boolean {
    const { socketsPerUser } = this.limits;
    if (this.table.ofUser(session.userId).length <= socketsPerUser) return false;
    this.writer.close(session, tooManySockets(socketsPerUser));
    return true;
  }

  private announced(session: Session, incarnation: number): void {
    // Of a former life: the announcement under the new one is on its way.
    if (incarnation !== this.ids.incarnation) return;
    if (session.ready) {
      this.writer.emit(session, 'session.resync', { reason: 'new-incarnation' });
    } else {
      session.ready = true;
      this.writer.emit(session, 'session.ready', this.readyOf(session));
    }
  }

  private recordOf(session: Session): SessionRecord {
    return {
      sessionId: this.ids.of(session),
      userId: session.userId,
      deviceId: session.deviceId,
      state: session.state,
      connectedAt: new Date(session.connectedAt).toISOString(),
    };
  }

  private readyOf(session: Session): SessionReady {
    const { textLength, frameBytes, commandsPerSecond, commandBurst, inFlightPerSocket } = this.limits;
    return {
      sessionId: this.ids.of(session),
      userId: session.userId,
      deviceId: session.deviceId,
      serverTime: new Date().toISOString(),
      limits: { textLength, frameBytes, commandsPerSecond, commandBurst, inFlightPerSocket },
    };
  }
}
