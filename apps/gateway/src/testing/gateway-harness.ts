import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { Module } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Ack, ClientToServerEvents, ServerToClientEvents, SessionReady } from '@parley/contracts';
import { createMemoryBus, type EventBus, type MemoryBus } from '@parley/event-bus';
import { createLog, createService, EventBusModule, TokensModule } from '@parley/service';
import { assertDocumentedAck, TestIssuer } from '@parley/service/testing';
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import { GatewayModule } from '../app.module.js';
import { GatewayConfig } from '../config.js';
import { gatewayLimits, type GatewayLimitName } from '../limits.js';
import { useSockets } from '../sessions/socket-server.js';
import { FakeMessageService } from './fake-message-service.js';

export type Client = Socket<ServerToClientEvents, ClientToServerEvents>;

export interface HarnessOptions extends Partial<Omit<GatewayConfig, 'limits'>> {
  readonly limits?: Partial<Record<GatewayLimitName, number>>;
  /** Puts something between the gateway and the bus. */
  readonly wrap?: (bus: MemoryBus) => EventBus;
  /** Called before the gateway starts. */
  readonly prepare?: (bus: MemoryBus) => Promise<void>;
}

export interface Connected {
  readonly client: Client;
  readonly ready: SessionReady;
  readonly userId: string;
  readonly deviceId: string;
  /** The number in the session's id. */
  readonly counter: number;
}

/** The real gateway on the bus in memory, with a message service that does what the test says. */
export class GatewayHarness {
  readonly clients: Client[] = [];

  private constructor(
    readonly app: NestExpressApplication,
    readonly bus: MemoryBus,
    readonly issuer: TestIssuer,
    readonly message: FakeMessageService,
    readonly url: string,
  ) {}

  static async start({ limits, wrap, prepare, ...changed }: HarnessOptions = {}): Promise<GatewayHarness> {
    const issuer = await TestIssuer.create();
    const bus = createMemoryBus();
    await prepare?.(bus);
    const config: GatewayConfig = {
      slot: 'gateway-0',
      allowedOrigins: [],
      drainMs: 500,
      spacingMs: 0,
      longestTokenLifeMs: 86_400_000,
      logAwayMs: 20_000,
      onSuperseded: () => undefined,
      ...changed,
      limits: gatewayLimits(limits),
    };
    @Module({
      imports: [
        EventBusModule.register(wrap?.(bus) ?? bus),
        TokensModule.register([issuer.trusted]),
        GatewayModule.register(config),
      ],
    })
    class Root {}
    const app = await createService({
      name: 'gateway',
      config: { port: 0, logLevel: 'silent', allowedOrigins: [...config.allowedOrigins] },
      module: Root,
      log: createLog('gateway', 'silent'),
      configure: useSockets,
    });
    const message = await FakeMessageService.start(bus);
    await app.listen(0, '127.0.0.1');
    const { port } = app.getHttpServer().address() as AddressInfo;
    return new GatewayHarness(app, bus, issuer, message, `http://127.0.0.1:${port}`);
  }

  /** Once, or once more after the test has closed the application itself. */
  async stop(): Promise<void> {
    for (const client of this.clients) client.disconnect();
    await this.app.close();
    await this.message.stop();
  }

  /** A client that has not begun to connect. */
  client(auth: unknown, options: Partial<ManagerOptions & SocketOptions> = {}): Client {
    const client: Client = io(this.url, {
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
      autoConnect: false,
      auth: auth as Record<string, unknown>,
      ...options,
    });
    const ask = client.emitWithAck.bind(client) as (...args: unknown[]) => Promise<Ack<unknown>>;
    // Every refusal is compared with what is documented.
    const asked = async (command: string, ...args: unknown[]): Promise<Ack<unknown>> => {
      const ack = await ask(command, ...args);
      assertDocumentedAck(command, ack);
      return ack;
    };
    this.clients.push(Object.assign(client, { emitWithAck: asked }));
    return client;
  }

  /** Resolves once the session is ready. */
  async connect(
    person: { userId?: string; deviceId?: string; expiresInSeconds?: number } = {},
    options: Partial<ManagerOptions & SocketOptions> = {},
  ): Promise<Connected> {
    const { userId = randomUUID(), deviceId = randomUUID(), expiresInSeconds } = person;
    const token = await this.issuer.token(userId, {
      deviceId,
      ...(expiresInSeconds === undefined ? {} : { expiresInSeconds }),
    });
    const client = this.client({ token, deviceId }, options);
    const ready = await new Promise<SessionReady>((resolve, reject) => {
      client.once('session.ready', resolve);
      client.once('connect_error', reject);
      client.connect();
    });
    const counter = Number(ready.sessionId.split('/').at(-1));
    return { client, ready, userId, deviceId, counter };
  }

  /** Everything that stands in a topic: key and value of each record. */
  async recordsOf(topic: string): Promise<[string | null, string | null][]> {
    const records: [string | null, string | null][] = [];
    const following = await this.bus.reader.follow({
      topics: [topic],
      from: 'earliest',
      onRecords: (read) => {
        for (const { key, value } of read) records.push([key, value?.toString() ?? null]);
      },
    });
    await following.caughtUp;
    await following.stop();
    return records;
  }

  /** What the metrics say; labels in braces as they are written. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    const line = text.split('\n').find((each) => each.startsWith(`${name} `));
    return Number(line?.slice(name.length + 1) ?? 0);
  }
}

/** The first argument of the next event of that name; rejects if the client is refused or closed before. */
export function next<T = unknown>(client: Client, event: string): Promise<T> {
  const socket = client as unknown as Socket;
  return new Promise((resolve, reject) => {
    const stop = () => {
      socket.off(event, arrived).off('connect_error', refused).off('disconnect', closed);
    };
    const arrived = (body: T) => {
      stop();
      resolve(body);
    };
    const refused = ({ message }: Error) => {
      stop();
      reject(new Error(`refused before ${event}: ${message}`));
    };
    const closed = (reason: string) => {
      stop();
      reject(new Error(`closed before ${event}: ${reason}`));
    };
    // First, so that the ends of a connection can be awaited like anything else.
    socket.on(event, arrived).on('connect_error', refused).on('disconnect', closed);
  });
}

/** Why a client that connects is refused. */
export function refusal(client: Client): Promise<Error & { data?: unknown }> {
  return new Promise((resolve, reject) => {
    client.once('connect_error', resolve);
    client.once('connect', () => reject(new Error('it was let in')));
    client.connect();
  });
}
