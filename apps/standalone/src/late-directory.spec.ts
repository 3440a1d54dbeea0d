import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type ClientObserver, defaultSyncTimes, ParleyClient } from '@parley/client';
import { type Message, timing, topics } from '@parley/contracts';
import {
  createMemoryBus,
  type Following,
  type FollowOptions,
  LogReader,
  type ReceivedRecord,
} from '@parley/event-bus';
import { useSockets } from '@parley/gateway';
import { createLog, createService, privateKeySchema, publicKeyOf } from '@parley/service';
import { TestIssuer } from '@parley/service/testing';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StandaloneModule } from './app.module.js';
import { startDatabase } from './database.js';
import { gatewayConfig, messageConfig, presenceConfig } from './service-configs.js';

/** What the directory of sessions may be late by in this test. */
const LATE_BY_MS = 2_000;

/** Keeps announcements of sessions back while it is held. */
class LateSessions extends LogReader {
  private until: Promise<void> = Promise.resolve();

  constructor(private readonly reader: LogReader) {
    super();
  }

  /** @returns how to let go of them */
  hold(): () => void {
    let letGo = (): void => undefined;
    this.until = new Promise((resolve) => (letGo = resolve));
    return letGo;
  }

  override follow(options: FollowOptions): Promise<Following> {
    if (!options.topics.includes(topics.sessions.name)) return this.reader.follow(options);
    const onRecords = async (records: readonly ReceivedRecord[]): Promise<void> => {
      await this.until;
      await options.onRecords(records);
    };
    return this.reader.follow({ ...options, onRecords });
  }
}

let folder: string;
let url: string;
let issuer: TestIssuer;
let sessions: LateSessions;
let stop = async (): Promise<void> => undefined;
const clients: ParleyClient[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-late-'));
  issuer = await TestIssuer.create();
  const database = await startDatabase(join(folder, 'postgres'));
  const bus = createMemoryBus();
  sessions = new LateSessions(bus.reader);
  const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  const privateKey = privateKeySchema.parse(jwk);
  const settings = { port: 0, logLevel: 'error', allowedOrigins: [] } as const;
  const app = await createService({
    name: 'parley',
    config: settings,
    log: createLog('parley', 'error'),
    module: StandaloneModule.register({
      postgres: database.postgres,
      bus: { ...bus, reader: sessions },
      issuers: [issuer.trusted],
      message: messageConfig(database.messageUrl, { issuer: 'parley', audience: 'parley', privateKey }),
      gateway: gatewayConfig(
        { ...settings, dataDir: folder, issuer: 'parley', audience: 'parley', externalIssuers: [] },
        { keys: [publicKeyOf(privateKey)] },
      ),
      presence: presenceConfig(database.presenceUrl, privateKey),
    }),
    configure: useSockets,
  });
  stop = () => app.close();
  await app.listen(0, '127.0.0.1');
  url = await app.getUrl();
});

afterAll(async () => {
  for (const client of clients) client.close();
  await stop();
  await rm(folder, { recursive: true, force: true });
});

function device(userId: string, observer: ClientObserver = {}): ParleyClient {
  const deviceId = randomUUID();
  const client = new ParleyClient({
    url,
    deviceId,
    tokenProvider: () => issuer.token(userId, { deviceId }),
    observer,
  });
  clients.push(client);
  return client;
}

const arrival = (client: ParleyClient): Promise<Message> =>
  new Promise((resolve) => {
    const off = client.on('message', ({ message }) => {
      off();
      resolve(message);
    });
  });

test('a message committed before anybody knows of a new session reaches it with its second sync', async () => {
  const [adaId, graceId] = [randomUUID(), randomUUID()];
  const deliveredLive: string[] = [];
  const ada = device(adaId);
  const grace = device(graceId, {
    delivered: (event) => {
      if (event.name === 'message.created' && event.body.message) deliveredLive.push(event.body.message.text);
    },
  });
  await ada.connect();
  // Somebody has to be seen once before others can add them.
  await grace.api.request('GET', '/v1/users/me');
  const { id } = await ada.conversations.createDirect(graceId);

  const letGo = sessions.hold();
  await grace.connect();
  await grace.sync();
  expect(grace.conversationState(id)).toMatchObject({ known: true, incomplete: false });
  const arrived = arrival(grace);
  const { message } = await ada.send(id, 'too early');
  setTimeout(letGo, LATE_BY_MS);
  expect(await arrived).toEqual(message);
  expect(deliveredLive).toEqual([]);

  const next = arrival(grace);
  await ada.send(id, 'in time');
  expect(await next).toMatchObject({ text: 'in time' });
  expect(deliveredLive).toEqual(['in time']);
});

test('the second sync comes when everybody knows of the session, and within 10 s', () => {
  expect(defaultSyncTimes.againFromMs).toBeGreaterThan(LATE_BY_MS);
  expect(defaultSyncTimes.againToMs).toBeLessThan(10_000);
  expect(timing.heartbeatMs).toBeLessThan(defaultSyncTimes.againFromMs);
});
