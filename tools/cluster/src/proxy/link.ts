import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** What one read may hold back per direction before the sender feels it, as a network's own buffers would. */
const HELD_BYTES = 1024 * 1024;
/** A throttled link passes this many pieces a second, so that a slow link is slow and not jerky. */
const PIECES_PER_SECOND = 50;

/** The state of the line that all connections of a proxy share. */
export class Line {
  delayMs = 0;
  bytesPerSecond = Infinity;
  private opened: Promise<void> = Promise.resolve();
  private resolveOpened: () => void = () => undefined;

  /** From now on `whenOpen` waits. */
  close(): void {
    this.open();
    this.opened = new Promise((resolve) => (this.resolveOpened = resolve));
  }

  open(): void {
    this.resolveOpened();
  }

  whenOpen(): Promise<void> {
    return this.opened;
  }
}

type Carried = { due: number } & ({ kind: 'bytes'; bytes: Buffer } | { kind: 'end' } | { kind: 'reset' });

/** Carries bytes, the end and a reset from one socket to the other, in order, as late and as slowly as the line says. */
export async function carry(from: Socket, to: Socket, line: Line): Promise<void> {
  const held: Carried[] = [];
  let heldBytes = 0;
  let wake: () => void = () => undefined;
  let drained: () => void = () => undefined;
  const put = (carried: Carried) => {
    held.push(carried);
    wake();
  };

  const read = async () => {
    try {
      for await (const bytes of from as AsyncIterable<Buffer>) {
        heldBytes += bytes.length;
        put({ kind: 'bytes', bytes, due: Date.now() + line.delayMs });
        if (heldBytes > HELD_BYTES) await new Promise<void>((resolve) => (drained = resolve));
      }
      put({ kind: 'end', due: Date.now() + line.delayMs });
    } catch {
      // The side that sends was reset or destroyed: that, too, travels.
      put({ kind: 'reset', due: Date.now() + line.delayMs });
    }
  };

  const write = async () => {
    for (;;) {
      while (held.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      const carried = held.shift() as Carried;
      const wait = carried.due - Date.now();
      if (wait > 0) await pause(wait);
      await line.whenOpen();
      if (carried.kind === 'end') return void to.end();
      if (carried.kind === 'reset') return void to.resetAndDestroy();
      await writeSlowly(to, carried.bytes, line);
      heldBytes -= carried.bytes.length;
      if (heldBytes <= HELD_BYTES) drained();
    }
  };

  await Promise.all([read(), write()]);
}

async function writeSlowly(to: Socket, bytes: Buffer, line: Line): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const size = Math.max(
      1,
      Math.min(bytes.length - at, Math.floor(line.bytesPerSecond / PIECES_PER_SECOND)),
    );
    // A piece has arrived when its last byte has.
    if (line.bytesPerSecond !== Infinity) await pause((size / line.bytesPerSecond) * 1000);
    await line.whenOpen();
    // Nobody there any more: reading goes on to the sender's own end, so that it is not blocked by the dead.
    if (to.destroyed || to.writableEnded) return;
    if (!to.write(bytes.subarray(at, at + size))) await drainedOrClosed(to);
    at += size;
  }
}

/** Not `once`, which rejects when the socket fails: the close that follows a failure is told by whoever reads it. */
function drainedOrClosed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      socket.off('drain', done);
      socket.off('close', done);
      resolve();
    };
    socket.on('drain', done);
    socket.on('close', done);
  });
}
