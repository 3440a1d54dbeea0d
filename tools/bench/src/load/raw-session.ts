import { type HandshakeAuth } from '@parley/contracts';
import { RawWebSocket } from './raw-web-socket.js';

const OPEN = code('0');
const CLOSE = code('1');
const PING = code('2');
const MESSAGE = code('4');
const CONNECTED = code('0');
const DISCONNECTED = code('1');
const EVENT = code('2');
const ACK = code('3');
const REFUSED = code('4');
const BRACKET = code('[');
const ZERO = code('0');

const SESSION_READY = Buffer.from('42["session.ready"');
const ACK_OK = Buffer.from('[{"ok":true');

export interface SessionHandlers {
  /** `session.ready` has come. */
  ready(): void;
  /** The answer to the command sent with that number. The bytes, `[{"ok":…}]`, are only valid until this returns. */
  answered(number: number, ok: boolean, answer: Buffer): void;
  /** Any other event: `42["message.created",…]`. The bytes are only valid until this returns. */
  event(packet: Buffer): void;
  /** Refused or lost, once. */
  closed(reason: string): void;
}

/** A session of one device: engine.io and socket.io's text protocol over a bare WebSocket, nothing parsed in vain. */
export class RawSession {
  private readonly socket: RawWebSocket;

  constructor(
    gateway: string,
    private readonly auth: HandshakeAuth,
    private readonly handlers: SessionHandlers,
  ) {
    const url = new URL('/socket.io/?EIO=4&transport=websocket', gateway);
    this.socket = new RawWebSocket(url, {
      opened: () => undefined,
      text: (packet) => this.packet(packet),
      closed: (reason) => handlers.closed(reason),
    });
  }

  /** `body` is JSON in ASCII; `number` comes back with the answer. */
  send(number: number, command: string, body: string): void {
    this.socket.send(`42${number}["${command}",${body}]`);
  }

  /** Drops the connection, as a network does. */
  close(): void {
    this.socket.close();
  }

  /** Says that it ends, as a client does that is closed by its user. */
  leave(): void {
    this.socket.send('41');
    this.socket.finish();
  }

  private packet(packet: Buffer): void {
    switch (packet[0]) {
      case MESSAGE:
        return this.message(packet);
      case PING:
        return this.socket.send('3');
      case OPEN:
        return this.socket.send(`40${JSON.stringify(this.auth)}`);
      case CLOSE:
        return this.lost('the server closed the transport');
      default:
        return this.lost(`an engine.io packet was not understood: ${packet.toString('utf8', 0, 40)}`);
    }
  }

  private message(packet: Buffer): void {
    switch (packet[1]) {
      case EVENT:
        if (startsWith(packet, SESSION_READY, 0)) return this.handlers.ready();
        return this.handlers.event(packet);
      case ACK:
        return this.answer(packet);
      case CONNECTED:
        return;
      case REFUSED:
        return this.lost(`the handshake was refused: ${packet.toString('utf8', 2)}`);
      case DISCONNECTED:
        return this.lost('the server disconnected the session');
      default:
        return this.lost(`a socket.io packet was not understood: ${packet.toString('utf8', 0, 40)}`);
    }
  }

  private answer(packet: Buffer): void {
    let number = 0;
    let at = 2;
    while (at < packet.length && packet[at] !== BRACKET) {
      number = number * 10 + (packet[at] as number) - ZERO;
      at += 1;
    }
    this.handlers.answered(number, startsWith(packet, ACK_OK, at), packet.subarray(at));
  }

  private lost(reason: string): void {
    this.socket.close();
    this.handlers.closed(reason);
  }
}

function code(character: string): number {
  return character.charCodeAt(0);
}

function startsWith(bytes: Buffer, prefix: Buffer, from: number): boolean {
  const end = from + prefix.length;
  return bytes.length >= end && bytes.compare(prefix, 0, prefix.length, from, end) === 0;
}
