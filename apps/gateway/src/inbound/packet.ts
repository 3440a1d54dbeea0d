import { Socket } from 'socket.io';
import type { Session } from '../sessions/session.js';

/** A decoded event packet of socket.io. */
export interface Packet {
  /** Present when the client waits for an answer. */
  readonly id?: number;
  /** The event's name, then its arguments. */
  readonly data: readonly unknown[];
}

interface SocketInternals {
  onevent?: (packet: Packet) => void;
}

/**
 * Makes the function that hands every event packet of a socket to `receive`, with its id. It replaces `onevent`, the
 * private method through which socket.io reaches listeners: each listener there costs every idle socket memory, and
 * each packet a closure, two copies of its arguments and another turn of the loop.
 * @throws Error when an upgrade of socket.io renamed the method, because commands would never arrive
 */
export function packetTaker(receive: (session: Session, packet: Packet) => void) {
  if (typeof (Socket.prototype as unknown as SocketInternals).onevent !== 'function') {
    throw new Error(
      'This version of socket.io has no Socket.prototype.onevent: inbound/packet.ts has to follow.',
    );
  }
  // One function for all sockets.
  function onevent(this: Socket, packet: Packet): void {
    receive(this.data as Session, packet);
  }
  return (socket: Socket, session: Session): void => {
    socket.data = session;
    (socket as unknown as SocketInternals).onevent = onevent;
  };
}
