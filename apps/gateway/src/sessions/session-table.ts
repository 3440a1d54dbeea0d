import { Injectable } from '@nestjs/common';
import type { Socket } from 'socket.io';
import { GatewayMetrics } from '../metrics.js';
import { Wire } from '../outbound/frame.js';
import { Session, type SessionIdentity } from './session.js';

/** The live sessions of this process, by counter and by user. */
@Injectable()
export class SessionTable {
  private lastCounter = 0;
  private readonly byCounter = new Map<number, Session>();
  private readonly byUser = new Map<string, Session[]>();
  private readonly emptied: (() => void)[] = [];
  private readonly listeners: ((session: Session) => void)[] = [];

  constructor(metrics: GatewayMetrics) {
    metrics.countSockets(() => this.size);
  }

  get size(): number {
    return this.byCounter.size;
  }

  open(socket: Socket, identity: SessionIdentity): Session {
    // Counts on over a change of incarnation too: a number is never used twice while this process lives.
    const session = new Session(++this.lastCounter, socket, Wire.to(socket), identity);
    this.byCounter.set(session.counter, session);
    const others = this.byUser.get(session.userId);
    if (others) others.push(session);
    else this.byUser.set(session.userId, [session]);
    return session;
  }

  /** @returns false when it was removed before */
  remove(session: Session): boolean {
    if (!this.byCounter.delete(session.counter)) return false;
    const others = (this.byUser.get(session.userId) ?? []).filter((other) => other !== session);
    if (others.length === 0) this.byUser.delete(session.userId);
    else this.byUser.set(session.userId, others);
    for (const listener of this.listeners) listener(session);
    if (this.size === 0) for (const resolve of this.emptied.splice(0)) resolve();
    return true;
  }

  onRemoved(listener: (session: Session) => void): void {
    this.listeners.push(listener);
  }

  /** Resolves when no session is left. */
  async whenEmpty(): Promise<void> {
    if (this.size > 0) await new Promise<void>((resolve) => this.emptied.push(resolve));
  }

  find(counter: number): Session | undefined {
    return this.byCounter.get(counter);
  }

  ofUser(userId: string): readonly Session[] {
    return this.byUser.get(userId) ?? [];
  }

  all(): Iterable<Session> {
    return this.byCounter.values();
  }
}
