import { randomBytes } from 'node:crypto';

const ID_DIGITS = 12;

/**
 * Message ids that carry the number of their send, so that a delivery is recognised by one search in its bytes. They
 * are UUIDv7 in shape and time; instead of random bits they have a tag of the run, and the number.
 */
export class MessageNumbers {
  private readonly tag: string;
  private readonly tagBytes: Buffer;

  constructor() {
    const random = randomBytes(3).toString('hex');
    this.tag = `-7${random.slice(0, 3)}-8${random.slice(3)}-`;
    this.tagBytes = Buffer.from(this.tag, 'latin1');
  }

  id(number: number, milliseconds: number): string {
    const time = Math.floor(milliseconds).toString(16).padStart(12, '0');
    return `${time.slice(0, 8)}-${time.slice(8)}${this.tag}${number.toString(16).padStart(ID_DIGITS, '0')}`;
  }

  /** The number in the first id of this run among the bytes; -1 without one. */
  find(bytes: Buffer): number {
    const tag = bytes.indexOf(this.tagBytes);
    if (tag < 0) return -1;
    const begin = tag + this.tagBytes.length;
    let number = 0;
    for (let at = begin; at < begin + ID_DIGITS; at += 1) {
      const digit = bytes[at] as number;
      number = number * 16 + (digit < 58 ? digit - 48 : digit - 87);
    }
    return number;
  }
}

/** The text of a send: different for each number, ASCII, of that length or a little longer where it is very short. */
export function textOf(number: number, length: number): string {
  return `${number} `.padEnd(length, 'the quick brown fox jumps over the lazy dog ');
}
