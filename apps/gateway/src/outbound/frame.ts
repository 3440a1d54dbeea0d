import type { Socket as TcpSocket } from 'node:net';
import { Logger } from '@nestjs/common';
import type { Socket } from 'socket.io';

/**
 * Writes websocket frames that were encoded once to any number of sockets.
 *
 * This is the one file that knows how engine.io 6 and ws 8 work inside (its spec fails when an upgrade changes that):
 * `conn.transport.socket` is the ws connection, `_socket` below it the TCP one, and `conn.writeBuffer` holds the
 * packets that engine.io has not yet handed to ws. Going through engine.io costs several events and callbacks per
 * packet; a finished frame needs only the write.
 */

/** One whole websocket frame holding one socket.io packet. Never change one: others may be sending it. */
export type Frame = Buffer;

// engine.io "message" (4), then socket.io EVENT (2) or ACK (3); the default namespace is not written.
const eventPacket = '42';
const ackPacket = '43';
const closingBracket = 0x5d;
const finalTextFrame = 0x81;

/** @param body JSON of the event's body; copied, not parsed */
export function encodeEventFrame(event: string, body: Uint8Array): Frame {
  return encodeFrame(`${eventPacket}["${event}",`, body);
}

/**
 * @param ackId the id under which the client waits
 * @param ack JSON of the answer; copied, not parsed
 */
export function encodeAckFrame(ackId: number, ack: Uint8Array): Frame {
  return encodeFrame(`${ackPacket}${ackId}[`, ack);
}

/** @param head ASCII */
function encodeFrame(head: string, json: Uint8Array): Frame {
  const length = head.length + json.length + 1;
  const start = headerLength(length);
  const frame = Buffer.allocUnsafe(start + length);
  frame[0] = finalTextFrame;
  if (start === 2) {
    frame[1] = length;
  } else if (start === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeUInt32BE(0, 2);
    frame.writeUInt32BE(length, 6);
  }
  frame.write(head, start, 'latin1');
  frame.set(json, start + head.length);
  frame[frame.length - 1] = closingBracket;
  return frame;
}

/** RFC 6455: lengths to 125 in 7 bits, to 65,535 in 16 more, else in 64 more; servers do not mask. */
function headerLength(payloadLength: number): number {
  return payloadLength < 126 ? 2 : payloadLength < 65_536 ? 4 : 10;
}

interface QueuedPacket {
  data?: string;
  options?: { wsPreEncodedFrame?: readonly Buffer[] };
}

/** What is used of engine.io's `Socket`. */
interface Connection {
  readonly readyState: string;
  readonly writeBuffer: readonly QueuedPacket[];
  readonly transport: { readonly name: string; readonly socket?: WebSocketConnection };
  write(text: string, options?: QueuedPacket['options']): unknown;
  close(discard?: boolean): void;
}

/** What is used of ws' `WebSocket`. */
interface WebSocketConnection {
  readonly readyState: number;
  readonly _socket?: TcpSocket;
  readonly _sender?: { readonly sendFrame?: unknown };
  terminate(): void;
}

const webSocketOpen = 1;
let warned = false;

/** The way to one client: frames in, bytes on its TCP connection, in order with what socket.io itself sends. */
export class Wire {
  private constructor(
    private readonly conn: Connection,
    private readonly ws: WebSocketConnection | undefined,
    private readonly tcp: TcpSocket | undefined,
  ) {}

  /** Falls back to socket.io's own slower way, with one warning, where the internals are not as expected. */
  static to(socket: Pick<Socket, 'conn'>): Wire {
    const conn = socket.conn as unknown as Connection;
    const ws = conn.transport.socket;
    const known =
      typeof ws?._sender?.sendFrame === 'function' &&
      typeof ws._socket?.write === 'function' &&
      typeof ws.terminate === 'function' &&
      Array.isArray(conn.writeBuffer);
    if (known) return new Wire(conn, ws, ws._socket);
    if (!warned) {
      warned = true;
      new Logger('Wire').error(
        'The internals of socket.io changed: frames are encoded per recipient now, which costs several times the CPU.',
      );
    }
    return new Wire(conn, undefined, undefined);
  }

  /** True while frames are written directly. */
  get direct(): boolean {
    return this.tcp !== undefined;
  }

  /** Bytes that wait in this process because the client does not read. */
  get waitingBytes(): number {
    let waiting = this.tcp?.writableLength ?? 0;
    // Nearly always empty: engine.io itself queues only pings and its handshake.
    for (const packet of this.conn.writeBuffer) {
      waiting += packet.options?.wsPreEncodedFrame?.[0]?.length ?? packet.data?.length ?? 0;
    }
    return waiting;
  }

  /**
   * Writes the bytes of one or more whole frames. Bytes for a connection that is closing are dropped: its client
   * syncs when it is back.
   */
  write(frames: Buffer): void {
    if (this.conn.readyState !== 'open') return;
    if (this.tcp === undefined || this.ws === undefined) {
      for (const text of textsOf(frames)) this.conn.write(text);
    } else if (this.conn.writeBuffer.length > 0) {
      // Something of engine.io's own waits there; behind it, or the order would change.
      this.conn.write(' ', { wsPreEncodedFrame: [frames] });
    } else if (this.ws.readyState === webSocketOpen) {
      this.tcp.write(frames);
    }
  }

  /** Closes after what was written is sent; socket.io clients reconnect by themselves. */
  close(): void {
    this.conn.close();
  }

  /** Ends the TCP connection at once and forgets what waits; socket.io clients reconnect by themselves. */
  terminate(): void {
    this.conn.close(true);
    this.ws?.terminate();
  }
}

/** The packets in `frames`, without engine.io's leading "message" digit, which `conn.write` adds itself. */
function* textsOf(frames: Buffer): Generator<string> {
  let start = 0;
  while (start < frames.length) {
    const short = frames[start + 1] ?? 0;
    const length =
      short < 126
        ? short
        : short === 126
          ? frames.readUInt16BE(start + 2)
          : Number(frames.readBigUInt64BE(start + 2));
    const payload = start + headerLength(length);
    yield frames.toString('utf8', payload + 1, payload + length);
    start = payload + length;
  }
}
