import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Module } from '@nestjs/common';
import { createMemoryBus } from '@parley/event-bus';
import {
  createLog,
  createService,
  EventBusModule,
  ownIssuer,
  type PrivateKey,
  publicKeyOf,
  TokensModule,
} from '@parley/service';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { defaultCommandRate } from './accounts/device-rate-guard.js';
import { MessageModule } from './app.module.js';
import { defaultCachedMembers } from './config.js';
import { directConversationId } from './conversations/direct-conversation-id.js';
import { CommandSender } from './inbound/command-sender.js';
import { TestDatabase } from './testing/test-database.js';

let database: TestDatabase;
let app: Awaited<ReturnType<typeof createService>>;

beforeAll(async () => {
  database = await TestDatabase.start();
  const privateKey = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }) as PrivateKey;
  const issuer = { issuer: 'parley', audience: 'parley' };
  const jwks = { keys: [publicKeyOf(privateKey)] };

  @Module({
    imports: [
      EventBusModule.register(createMemoryBus()),
      TokensModule.register([ownIssuer({ ...issuer, jwks })]),
      MessageModule.register({
        slot: 'message-0',
        databaseUrl: database.url,
        databaseConnections: 8,
        accounts: { ...issuer, privateKey },
        commandRate: defaultCommandRate,
        spacingMs: 0,
        cachedMembers: defaultCachedMembers,
        onSuperseded: () => undefined,
      }),
    ],
  })
  class SpecModule {}

  app = await createService({
    name: 'message',
    config: { port: 0, logLevel: 'error', allowedOrigins: [] },
    module: SpecModule,
    log: createLog('message', 'error'),
  });
  await app.init();
});

afterAll(async () => {
  await app?.close();
  await database?.stop();
});

test('the service carries out a command of its own REST half', async () => {
  const sender = app.get(CommandSender, { strict: false });
  const [userId, other] = [randomUUID(), randomUUID()];
  const conversationId = directConversationId(userId, other);
  const created = await sender.submit<'conversation.create'>({
    kind: 'conversation.create',
    conversationId,
    userId,
    commandId: randomUUID(),
    body: { kind: 'direct', name: null, memberIds: [other], historyForNewMembers: 'all' },
  });
  expect(created).toMatchObject({
    ok: true,
    data: { conversation: { id: conversationId, kind: 'direct', version: 1, lastSeq: 0 } },
  });
  const sent = await sender.submit<'message.send'>({
    kind: 'message.send',
    conversationId,
    userId: other,
    commandId: randomUUID(),
    body: { text: 'hello' },
  });
  expect(sent).toMatchObject({ ok: true, data: { message: { seq: 1, version: 2, senderId: other } } });
});
