import { Injectable } from '@nestjs/common';
import {
  type Credentials,
  type Login,
  Refusal,
  type Register,
  type User,
  usernameSchema,
} from '@parley/contracts';
import { Prisma, PrismaClient } from '@parley/database';
import { randomUUID } from 'node:crypto';
import { Devices } from './devices.js';
import { LoginLimits } from './login-limits.js';
import { Passwords } from './passwords.js';

/** People with a password of ours. */
@Injectable()
export class Accounts {
  constructor(
    private readonly prisma: PrismaClient,
    private readonly passwords: Passwords,
    private readonly loginLimits: LoginLimits,
    private readonly devices: Devices,
  ) {}

  /** @throws Refusal `CONFLICT` when the username is taken */
  async register(body: Register): Promise<Credentials> {
    return this.devices.open(await this.create(body), body.deviceId);
  }

  /**
   * An account that no device is logged in with.
   * @throws Refusal `CONFLICT` when the username is taken
   */
  async create(body: Register): Promise<User> {
    const { username, displayName = username } = body;
    if (await this.prisma.user.findUnique({ where: { username } })) throw usernameTaken();
    const passwordHash = await this.passwords.hash(body.password);
    const user = { id: randomUUID(), username, displayName };
    try {
      await this.prisma.user.create({ data: { ...user, passwordHash } });
    } catch (error) {
      if (isUniqueViolation(error)) throw usernameTaken(error);
      throw error;
    }
    return user;
  }

  /** @throws Refusal `UNAUTHENTICATED`, `RATE_LIMITED` */
  async login(body: Login, address: string): Promise<Credentials> {
    const { success, data: username } = usernameSchema.safeParse(body.username.toLowerCase());
    const attempt = await this.loginLimits.begin(success ? username : null, address);
    const user = success ? await this.prisma.user.findUnique({ where: { username } }) : null;
    if (!(await this.passwords.verify(body.password, user?.passwordHash)) || user === null) {
      throw new Refusal('UNAUTHENTICATED', 'Username or password is wrong.');
    }
    await this.loginLimits.succeeded(attempt);
    return this.devices.open(user, body.deviceId);
  }
}

function isUniqueViolation(error: unknown): boolean {
  return error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002';
}

function usernameTaken(cause?: unknown): Refusal {
  return new Refusal('CONFLICT', 'This username is taken: choose another one.', { cause });
}
