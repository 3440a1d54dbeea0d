import { Module } from '@nestjs/common';
import { type NestExpressApplication } from '@nestjs/platform-express';
import { type ErrorBody } from '@parley/contracts';
import { createMemoryBus, type MemoryBus } from '@parley/event-bus';
import { createLog, createService, EventBusModule, TokensModule } from '@parley/service';
import { assertDocumented, TestIssuer } from '@parley/service/testing';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { accountEnvironment } from '../accounts/account-settings.js';
import { type CommandRate } from '../accounts/device-rate-guard.js';
import { MessageModule } from '../app.module.js';
import { defaultCachedMembers } from '../config.js';
import { TestDatabase } from './test-database.js';

export interface TestPerson {
  readonly id: string;
  readonly token: string;
}

/** Specs ask faster than people do. */
const unhurried: CommandRate = { commandsPerSecond: 10_000, commandBurst: 30_000 };

export interface Answer<T> {
  readonly status: number;
  /** Seconds; where the answer says so. */
  readonly retryAfter?: number;
  readonly body: T & { readonly error: ErrorBody };
}

export interface RequestBody {
  /** Sent as it is where it is text, else as JSON. */
  readonly body?: unknown;
  readonly idempotencyKey?: string;
}

/** The whole message service on a database of its own and the bus in memory, asked over HTTP. */
export class TestService {
  private constructor(
    readonly app: NestExpressApplication,
    readonly database: TestDatabase,
    readonly bus: MemoryBus,
    private readonly issuer: TestIssuer,
    private readonly url: string,
  ) {}

  static async start(commandRate: CommandRate = unhurried): Promise<TestService> {
    const database = await TestDatabase.start();
    const issuer = await TestIssuer.create();
    const bus = createMemoryBus();
    const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
    const message = MessageModule.register({
      slot: 'message-0',
      databaseUrl: database.url,
      databaseConnections: 8,
      accounts: {
        issuer: 'parley',
        audience: 'parley',
        privateKey: accountEnvironment.TOKEN_PRIVATE_KEY.parse(JSON.stringify(jwk)),
      },
      commandRate,
      spacingMs: 0,
      cachedMembers: defaultCachedMembers,
      onSuperseded: () => undefined,
    });

    @Module({
      imports: [EventBusModule.register(bus), TokensModule.register([issuer.trusted]), message],
    })
    class TestModule {}

    const app = await createService({
      name: 'message',
      config: { port: 0, logLevel: 'error', allowedOrigins: [] },
      module: TestModule,
      log: createLog('message', 'error'),
    });
    await app.listen(0, '127.0.0.1');
    return new TestService(app, database, bus, issuer, await app.getUrl());
  }

  async stop(): Promise<void> {
    await this.app.close();
    await this.database.stop();
  }

  /** Somebody of another issuer, seen already. */
  async person(): Promise<TestPerson> {
    const id = randomUUID();
    const person = { id, token: await this.issuer.token(id) };
    await this.ask(person, 'GET', '/v1/users/me');
    return person;
  }

  /** Every answer is compared with the table of routes. */
  async ask<T = unknown>(
    person: TestPerson | null,
    method: string,
    path: string,
    { body, idempotencyKey }: RequestBody = {},
  ): Promise<Answer<T>> {
    const headers: Record<string, string> = { 'content-type': 'application/json' };
    if (person !== null) headers['authorization'] = `Bearer ${person.token}`;
    if (idempotencyKey !== undefined) headers['idempotency-key'] = idempotencyKey;
    const response = await fetch(this.url + path, {
      method,
      headers,
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const { status } = response;
    const retryAfter = response.headers.get('retry-after');
    const content: unknown = text === '' ? undefined : JSON.parse(text);
    assertDocumented({ method, path, status, body: content });
    return {
      status,
      body: content as Answer<T>['body'],
      ...(retryAfter === null ? {} : { retryAfter: Number(retryAfter) }),
    };
  }
}
