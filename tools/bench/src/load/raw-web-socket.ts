import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

const TEXT = 1;
const CLOSE = 8;
const PING = 9;
const PONG = 10;
const FINAL = 0x80;
const MASKED = 0x80;
/** Masking keeps proxies from being fooled by browsers. Here is neither, and a key of zeros costs nothing to apply. */
const ZERO_MASK = '\0\0\0\0';

/** Reads are handed on before the next one happens, so all sockets of the process share one buffer. */
const sharedReadBuffer = Buffer.allocUnsafe(256 * 1024);

export interface WebSocketHandlers {
  opened(): void;
  /** The bytes are only valid until this returns. */
  text(payload: Buffer): void;
  /** Once, however it ended; never after `close()`. */
  closed(reason: string): void;
}

/**
 * A client WebSocket without what a load generator does not need: it shares the machine with the servers it
 * measures, so each microsecond it takes is missing from them. Text is ASCII, frames are never fragmented.
 */
export class RawWebSocket {
  private readonly socket: Socket;
  private open = false;
  private ended = false;
  /** The beginning of a frame whose rest has not come yet. */
  private partial: Buffer | undefined;

  constructor(
    url: URL,
    private readonly handlers: WebSocketHandlers,
  ) {
    this.socket = connect({
      host: url.hostname,
      port: Number(url.port),
      noDelay: true,
      onread: {
        buffer: sharedReadBuffer,
        callback: (bytes) => {
          this.received(sharedReadBuffer.subarray(0, bytes));
          return true;
        },
      },
    });
    this.socket.on('connect', () => this.socket.write(upgradeRequest(url)));
    this.socket.on('error', (error) => this.end(error.message));
    this.socket.on('close', () => this.end('the connection was closed'));
  }

  /** `text` must be ASCII. */
  send(text: string): void {
    this.socket.write(maskedFrame(TEXT, text), 'latin1');
  }

  /** Drops the connection; `closed` is not called. */
  close(): void {
    this.ended = true;
    this.socket.destroy();
  }

  /** Drops the connection once what was sent is on its way; `closed` is not called. */
  finish(): void {
    this.ended = true;
    this.socket.end();
  }

  private end(reason: string): void {
    if (this.ended) return;
    this.ended = true;
    this.socket.destroy();
    this.handlers.closed(reason);
  }

  private received(chunk: Buffer): void {
    let bytes = chunk;
    if (this.partial !== undefined) {
      bytes = Buffer.concat([this.partial, chunk]);
      this.partial = undefined;
    }
    const rest = this.open ? this.readFrames(bytes, 0) : this.readUpgrade(bytes);
    if (rest < bytes.length && !this.ended) this.partial = Buffer.from(bytes.subarray(rest));
  }

  /** Returns where the first incomplete frame begins. */
  private readFrames(bytes: Buffer, from: number): number {
    let at = from;
    while (at + 2 <= bytes.length && !this.ended) {
      let length = (bytes[at + 1] as number) & 0x7f;
      let header = 2;
      if (length === 126) {
        if (at + 4 > bytes.length) break;
        length = bytes.readUInt16BE(at + 2);
        header = 4;
      } else if (length === 127) {
        if (at + 10 > bytes.length) break;
        length = Number(bytes.readBigUInt64BE(at + 2));
        header = 10;
      }
      const end = at + header + length;
      if (end > bytes.length) break;
      this.readFrame(bytes[at] as number, bytes.subarray(at + header, end));
      at = end;
    }
    return at;
  }

  private readFrame(firstByte: number, payload: Buffer): void {
    switch (firstByte) {
      case FINAL | TEXT:
        return this.handlers.text(payload);
      case FINAL | CLOSE:
        return this.end(
          `the server closed with ${payload.length >= 2 ? payload.readUInt16BE(0) : 'no code'}`,
        );
      case FINAL | PING:
        this.socket.write(maskedFrame(PONG, payload.toString('latin1')), 'latin1');
        return;
      case FINAL | PONG:
        return;
      default:
        return this.end(`a frame that begins with ${firstByte} was not expected`);
    }
  }

  private readUpgrade(bytes: Buffer): number {
    const end = bytes.indexOf('\r\n\r\n');
    if (end < 0) return 0;
    const status = bytes.toString('latin1', 0, bytes.indexOf('\r\n'));
    if (!status.startsWith('HTTP/1.1 101')) {
      this.end(`the upgrade was refused: ${status}`);
      return bytes.length;
    }
    this.open = true;
    this.handlers.opened();
    return this.readFrames(bytes, end + 4);
  }
}

function upgradeRequest(url: URL): string {
  return [
    `GET ${url.pathname}${url.search} HTTP/1.1`,
    `Host: ${url.host}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    'Sec-WebSocket-Version: 13',
    '\r\n',
  ].join('\r\n');
}

/** One character per byte, so that header and text are one write. */
function maskedFrame(opcode: number, text: string): string {
  const first = String.fromCharCode(FINAL | opcode);
  if (text.length < 126) return first + String.fromCharCode(MASKED | text.length) + ZERO_MASK + text;
  if (text.length > 0xffff)
    throw new RangeError(`a frame of ${text.length} bytes is too large for the bench`);
  const length = String.fromCharCode(MASKED | 126, text.length >> 8, text.length & 0xff);
  return first + length + ZERO_MASK + text;
}
