import type { Frame } from './frame.js';

/**
 * Frames that follow each other on their way to one or more sockets. Sockets that get the same frames share the same
 * nodes, so that the bytes are joined once for all of them and leave each socket in one write.
 */
export class Sequence {
  private next: Sequence | undefined;
  private bytes: Buffer | undefined;

  private constructor(
    private readonly before: Sequence | undefined,
    private readonly frame: Frame,
    /** Bytes of this frame and all before it. */
    readonly length: number,
  ) {}

  static readonly start = (): Sequence => new Sequence(undefined, Buffer.alloc(0), 0);

  /** The same frame after the same frames is the same node, as long as no other frame was appended in between. */
  followedBy(frame: Frame): Sequence {
    if (this.next?.frame !== frame) this.next = new Sequence(this, frame, this.length + frame.length);
    return this.next;
  }

  /** All frames as one buffer. */
  joined(): Buffer {
    this.bytes ??= this.frame.length === this.length ? this.frame : this.join();
    return this.bytes;
  }

  private join(): Buffer {
    const bytes = Buffer.allocUnsafe(this.length);
    this.copyTo(bytes);
    for (let node = this.before; node; node = node.before) node.copyTo(bytes);
    return bytes;
  }

  private copyTo(bytes: Buffer): void {
    bytes.set(this.frame, this.length - this.frame.length);
  }
}
