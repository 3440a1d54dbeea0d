import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Controller, Get, Injectable, Module, type OnApplicationShutdown, Post } from '@nestjs/common';
import { type NestExpressApplication } from '@nestjs/platform-express';
import { Refusal } from '@parley/contracts';
import { type EventBus, Publisher } from '@parley/event-bus';
import request from 'supertest';
import { z } from 'zod';
import { EventBusModule } from '../event-bus.module.js';
import { Readiness } from '../health/readiness.js';
import { createLog } from '../logging/log.js';
import { MetricsServer } from '../metrics/metrics-server.js';
import { Public } from '../rest/auth-guard.js';
import { CurrentUser } from '../rest/current-user.js';
import { ZodBody, ZodParams, ZodQuery } from '../rest/zod-parameters.js';
import { TestIssuer } from '../testing/test-issuer.js';
import { TokensModule } from '../tokens/tokens.module.js';
import { type VerifiedToken } from '../tokens/token-verifier.js';
import { createService } from './create-service.js';

const ada = '0199a3c0-0000-7000-8000-000000000001';
const noteSchema = z.strictObject({ text: z.string().max(10), size: z.number().optional() });

@Controller('v1/notes')
class NotesController {
  @Get('mine')
  mine(@CurrentUser() user: VerifiedToken) {
    return { userId: user.userId, deviceId: user.deviceId };
  }

  @Public()
  @Post()
  write(@ZodBody(noteSchema) body: z.infer<typeof noteSchema>) {
    return body;
  }

  @Public()
  @Get('page/:number')
  page(
    @ZodParams(z.object({ number: z.coerce.number() })) params: { number: number },
    @ZodQuery(z.strictObject({ limit: z.coerce.number().max(5).default(2) })) query: { limit: number },
  ) {
    return { ...params, ...query };
  }

  @Public()
  @Get('busy')
  busy() {
    throw new Refusal('OVERLOADED', 'Too much to do.', { retryAfterMs: 1_500 });
  }

  @Public()
  @Get('broken')
  broken() {
    throw new Error('the password is hunter2');
  }
}

interface Answer {
  body: unknown;
  text: string;
  headers: Record<string, string>;
}

const ended: string[] = [];

@Injectable()
class NotesConsumer implements OnApplicationShutdown {
  constructor(readonly publisher: Publisher) {}

  async onApplicationShutdown() {
    await new Promise((resolve) => setImmediate(resolve));
    ended.push('consumer');
  }
}

const bus = {
  publisher: { publish: async () => [] },
  consumer: {},
  reader: {},
  topics: {},
  close: async () => void ended.push('bus'),
} as unknown as EventBus;

const logged: string[] = [];
let issuer: TestIssuer;
let app: NestExpressApplication;
const call = () => request(app.getHttpServer());

beforeAll(async () => {
  issuer = await TestIssuer.create();

  @Module({
    imports: [TokensModule.register([issuer.trusted]), EventBusModule.register(bus)],
    controllers: [NotesController],
    providers: [NotesConsumer],
  })
  class NotesModule {}

  app = await createService({
    name: 'notes',
    config: { port: 0, metricsPort: 0, logLevel: 'info', allowedOrigins: ['https://web.example'] },
    module: NotesModule,
    log: createLog('notes', 'info', { write: (line) => void logged.push(line) }),
  });
  await app.listen(0, '127.0.0.1');
});

afterAll(async () => {
  await app.close();
  // The bus must outlive whoever publishes or consumes.
  expect(ended).toEqual(['consumer', 'bus']);
});

describe('authentication', () => {
  test('gives the handler user and device of the token', async () => {
    const token = await issuer.token(ada, { deviceId: ada });
    const { body } = (await call()
      .get('/v1/notes/mine')
      .set('authorization', `Bearer ${token}`)
      .expect(200)) as Answer;
    expect(body).toEqual({ userId: ada, deviceId: ada });
  });

  test.each(['', 'Bearer', 'Basic abc', 'Bearer abc', 'Bearer a b'])('refuses %j', async (header) => {
    const { body, headers } = (await call()
      .get('/v1/notes/mine')
      .set('authorization', header)
      .expect(401)) as Answer;
    expect(body).toMatchObject({ error: { code: 'UNAUTHENTICATED', retryable: false, outcome: 'none' } });
    expect(headers['www-authenticate']).toBe('Bearer');
  });
});

describe('errors', () => {
  test('carry the request id of the caller, or a new one', async () => {
    const given = await call().get('/v1/nothing').set('x-request-id', 'abc-1').expect(404);
    expect(given.body).toMatchObject({ error: { code: 'NOT_FOUND', requestId: 'abc-1' } });
    expect(given.headers['x-request-id']).toBe('abc-1');
    const minted = await call().get('/v1/nothing').set('x-request-id', 'no spaces please').expect(404);
    expect((minted.body as { error: { requestId: string } }).error.requestId).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('of a body name the field and the rule', async () => {
    const { body } = (await call()
      .post('/v1/notes')
      .send({ text: 'x'.repeat(11), other: 1 })
      .expect(400)) as Answer;
    expect(body).toMatchObject({
      error: { code: 'INVALID', details: [{ field: 'text' }, { field: 'request' }] },
    });
  });

  test.each([
    ['broken JSON', '{"text":', 'application/json', 400, 'INVALID'],
    ['a bare value', '3', 'application/json', 400, 'INVALID'],
    ['another type', 'text=a', 'text/plain', 400, 'INVALID'],
    ['prototype keys', '{"text":"a","__proto__":{"size":1}}', 'application/json', 400, 'INVALID'],
    ['two megabytes', JSON.stringify({ text: 'x'.repeat(2e6) }), 'application/json', 413, 'TOO_LARGE'],
  ])('of a body that is %s are answered from the table', async (_, sent, type, status, code) => {
    const { body } = (await call()
      .post('/v1/notes')
      .set('content-type', type)
      .send(sent)
      .expect(status)) as Answer;
    expect(body).toMatchObject({ error: { code, outcome: 'none' } });
  });

  test('of query and path too', async () => {
    const { body } = (await call().get('/v1/notes/page/3?limit=4').expect(200)) as Answer;
    expect(body).toEqual({ number: 3, limit: 4 });
    await call().get('/v1/notes/page/3?limit=6').expect(400);
    await call().get('/v1/notes/page/3?other=1').expect(400);
    await call().get('/v1/notes/page/x').expect(400);
    await call().get('/v1/notes/page/%FF').expect(400);
  });

  test('say when to come again', async () => {
    const { body, headers } = (await call().get('/v1/notes/busy').expect(503)) as Answer;
    expect(body).toMatchObject({ error: { code: 'OVERLOADED', retryable: true, retryAfterMs: 1_500 } });
    expect(headers['retry-after']).toBe('2');
  });

  test('that nobody expected are logged with the request id, and answered without their text', async () => {
    const { body, text } = (await call()
      .get('/v1/notes/broken')
      .set('x-request-id', 'find-me')
      .expect(500)) as Answer;
    expect(body).toMatchObject({ error: { code: 'INTERNAL', outcome: 'unknown', requestId: 'find-me' } });
    expect(text).not.toContain('hunter2');
    expect(logged.some((line) => line.includes('find-me') && line.includes('hunter2'))).toBe(true);
  });
});

describe('the service', () => {
  test('allows the configured origins only', async () => {
    const good = await call().get('/health/live').set('origin', 'https://web.example');
    expect(good.headers['access-control-allow-origin']).toBe('https://web.example');
    const bad = await call().get('/health/live').set('origin', 'https://evil.example');
    expect(bad.headers['access-control-allow-origin']).toBeUndefined();
  });

  test('is ready while all that it depends on works', async () => {
    let broken = true;
    app.get(Readiness).register('database', () => {
      if (broken) throw new Error('connection refused');
    });
    const { body } = (await call().get('/health/ready').expect(503)) as Answer;
    expect(body).toMatchObject({ status: 'error', details: { database: { status: 'down' } } });
    await call().get('/health/live').expect(200);
    broken = false;
    await call().get('/health/ready').expect(200);
  });

  test('shows its metrics on a port of its own', async () => {
    await call().get('/metrics').expect(404);
    const { text } = await request(`http://127.0.0.1:${app.get(MetricsServer).port}`)
      .get('/metrics')
      .expect(200);
    expect(text).toContain('process_cpu_seconds_total');
  });
});

test('without a port of their own, metrics are for callers on the same machine', async () => {
  const single = await createService({
    name: 'single',
    config: { port: 0, logLevel: 'silent', allowedOrigins: [] },
    module: class Nothing {},
  });
  await single.listen(0, '127.0.0.1');
  await request(single.getHttpServer()).get('/metrics').expect(200);
  await request(single.getHttpServer()).get('/metrics').set('x-forwarded-for', '1.2.3.4').expect(404);
  await single.close();
});

test('secrets are left out of the log', () => {
  const lines: string[] = [];
  const log = createLog('x', 'info', { write: (line) => void lines.push(line) });
  log.info({ token: 'hunter2', body: { password: 'hunter2' }, userId: ada }, 'logged in');
  expect(lines[0]).toContain(ada);
  expect(lines[0]).not.toContain('hunter2');
});
