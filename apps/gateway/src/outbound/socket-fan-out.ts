import { Injectable } from '@nestjs/common';
import type { InboxItem } from '@parley/contracts/inbox';
import { GatewayMetrics } from '../metrics.js';
import type { Session } from '../sessions/session.js';
import { SessionTable } from '../sessions/session-table.js';
import { encodeEventFrame, type Frame } from './frame.js';
import { Sequence } from './sequence.js';
import { SocketWriter } from './socket-writer.js';

type Delivery = Extract<InboxItem, { kind: 'deliver' }>;

/** More than this for one socket leaves in several writes; bytes. */
const maxWrite = 256 * 1024;

/**
 * Collects what a batch of inbox items has for the sockets. All frames for a socket leave in one write, because the
 * cost is per write, and sockets that get the same frames share the same bytes.
 */
@Injectable()
export class SocketFanOut {
  private start = Sequence.start();
  private touched: Session[] = [];

  constructor(
    private readonly table: SessionTable,
    private readonly writer: SocketWriter,
    private readonly metrics: GatewayMetrics,
  ) {}

  /** Adds the event for its recipients; it leaves with `flush`. */
  deliver({ recipients, except, event, body }: Delivery): void {
    const frame = encodeEventFrame(event, body);
    let count = 0;
    for (const counter of recipients) {
      const session = counter === except ? undefined : this.table.find(counter);
      if (!session) continue;
      this.append(session, frame);
      count += 1;
    }
    this.metrics.deliveries.inc(count);
  }

  /** Adds a frame for one socket; it leaves with `flush`. */
  append(session: Session, frame: Frame): void {
    if (session.outgoing === undefined) this.touched.push(session);
    else if (session.outgoing.length > maxWrite) this.send(session);
    session.outgoing = (session.outgoing ?? this.start).followedBy(frame);
  }

  flush(): void {
    const touched = this.touched;
    this.touched = [];
    this.start = Sequence.start();
    for (const session of touched) this.send(session);
  }

  private send(session: Session): void {
    const { outgoing } = session;
    session.outgoing = undefined;
    if (outgoing) this.writer.write(session, outgoing.joined());
  }
}
