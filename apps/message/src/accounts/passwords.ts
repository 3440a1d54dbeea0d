import { Injectable } from '@nestjs/common';
import { Refusal } from '@parley/contracts';
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

interface Parameters {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

/** 32 MB and about 0.3 s of one core each: what OWASP recommends for scrypt in 2026. */
const current: Parameters = { N: 2 ** 15, r: 8, p: 3 };
const KEY_BYTES = 32;
const SALT_BYTES = 16;
/** Hashing runs on libuv's four threads, which name look-ups and files need too. */
const MAX_RUNNING = 2;
/** At about six a second, whoever stands behind these would wait for longer than a client does. */
const MAX_WAITING = 30;

/** Hashes passwords, a few at a time. */
@Injectable()
export class Passwords {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  /**
   * @returns `scrypt$N$r$p$salt$key`
   * @throws Refusal `OVERLOADED`
   */
  async hash(password: string): Promise<string> {
    const salt = randomBytes(SALT_BYTES);
    return encode(current, salt, await this.derive(password, salt, current));
  }

  /**
   * @param stored undefined or null takes as long as a wrong password, so that time does not tell who exists
   * @throws Refusal `OVERLOADED`
   */
  async verify(password: string, stored: string | null | undefined): Promise<boolean> {
    const { parameters, salt, key } = decode(stored ?? nobody);
    return timingSafeEqual(await this.derive(password, salt, parameters), key);
  }

  private async derive(password: string, salt: Buffer, parameters: Parameters): Promise<Buffer> {
    await this.takeTurn();
    try {
      return await derive(password, salt, parameters);
    } finally {
      this.running -= 1;
      this.waiting.shift()?.();
    }
  }

  private async takeTurn(): Promise<void> {
    if (this.waiting.length >= MAX_WAITING) {
      throw new Refusal('OVERLOADED', 'Too many people log in at the moment: try again in a few seconds.', {
        retryAfterMs: 5_000,
      });
    }
    if (this.running >= MAX_RUNNING) await new Promise<void>((resolve) => this.waiting.push(resolve));
    this.running += 1;
  }
}

/** Nobody's password: no input has this key. */
const nobody = encode(current, randomBytes(SALT_BYTES), randomBytes(KEY_BYTES));

function encode({ N, r, p }: Parameters, salt: Buffer, key: Buffer): string {
  return ['scrypt', N, r, p, salt.toString('base64url'), key.toString('base64url')].join('$');
}

function decode(stored: string): { parameters: Parameters; salt: Buffer; key: Buffer } {
  const [algorithm, N, r, p, salt, key] = stored.split('$');
  if (algorithm !== 'scrypt' || salt === undefined || key === undefined) {
    throw new Error('a stored password is of an unknown kind');
  }
  return {
    parameters: { N: Number(N), r: Number(r), p: Number(p) },
    salt: Buffer.from(salt, 'base64url'),
    key: Buffer.from(key, 'base64url'),
  };
}

function derive(password: string, salt: Buffer, { N, r, p }: Parameters): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // The same letters typed on another system may be other code points; NFKC makes them one.
    const text = password.normalize('NFKC');
    const options = { N, r, p, maxmem: 256 * N * r };
    scrypt(text, salt, KEY_BYTES, options, (error, key) => (error ? reject(error) : resolve(key)));
  });
}
