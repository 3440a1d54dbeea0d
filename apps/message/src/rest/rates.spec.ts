import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { routes } from '@parley/contracts';
import { randomUUID } from 'node:crypto';
import { type TestPerson, TestService } from '../testing/test-service.js';

let service: TestService;

beforeAll(async () => {
  // Nothing comes back while the spec runs.
  service = await TestService.start({ commandsPerSecond: 0.001, commandBurst: 2 });
});
afterAll(() => service?.stop());

const rename = (person: TestPerson) =>
  service.ask(person, 'PATCH', '/v1/users/me', { body: { displayName: 'Name' } });

async function exhausted(): Promise<TestPerson> {
  const person = await service.person();
  for (let n = 0; n < 2; n += 1) expect((await rename(person)).status).toBe(200);
  return person;
}

test('a device that writes too fast is told how long to wait, and goes on reading', async () => {
  const person = await exhausted();
  const { status, retryAfter, body } = await rename(person);
  expect(status).toBe(429);
  expect(body.error).toMatchObject({ code: 'RATE_LIMITED', retryable: true, outcome: 'none' });
  expect(retryAfter).toBe(Math.ceil((body.error.retryAfterMs ?? 0) / 1000));
  expect(body.error.retryAfterMs).toBeGreaterThan(900_000);
  expect((await service.ask(person, 'GET', '/v1/users/me')).status).toBe(200);
  expect((await rename(await service.person())).status).toBe(200);
});

const writes = routes.filter(
  (route) => route.service === 'message' && route.method !== 'GET' && route.isPublic !== true,
);

test.each(writes.map(({ name, method, path }) => [name, method, path]))(
  '%s counts, before anything else is looked at',
  async (_, method, path) => {
    const filled = path.replace(/\{\w+\}/g, () => randomUUID());
    expect((await service.ask(await exhausted(), method, filled)).status).toBe(429);
  },
);
