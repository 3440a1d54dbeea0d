import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { routes } from '@parley/contracts';
import { type ServedRoute, servedRoutes } from '@parley/service/testing';
import { TestService } from '../testing/test-service.js';
import { CommandId } from './commands.js';

const documented = routes.filter(({ service }) => service !== 'presence');
let service: TestService;
let served: ServedRoute[];

beforeAll(async () => {
  service = await TestService.start();
  served = servedRoutes(service.app);
});
afterAll(() => service?.stop());

const nameOf = ({ method, path }: { method: string; path: string }) => `${method} ${path}`;

class Probe {
  read(@CommandId() _: string): void {}
}
const [probed] = Object.values(
  Reflect.getMetadata(ROUTE_ARGS_METADATA, Probe, 'read') as Record<string, { factory: unknown }>,
);

// A route that fails here belongs into (or out of) libs/contracts/src/rest/routes.
test('the table of routes has every route that is served, and no other', () => {
  expect(served.map(nameOf).sort()).toEqual(documented.map(nameOf).sort());
});

test('what is documented is what is checked: the schemas are the same ones', () => {
  const differing = documented.filter((route) => {
    const real = served.find((candidate) => nameOf(candidate) === nameOf(route));
    return (['params', 'query', 'body'] as const).some((part) => real?.[part] !== route[part]);
  });
  expect(differing.map(({ name }) => name)).toEqual([]);
});

test('status, need of a token and idempotency are as documented', () => {
  const facts = served.map((route) => ({
    route: nameOf(route),
    status: route.status,
    isPublic: route.isPublic,
    idempotencyKey: route.ownParameters.includes(probed?.factory),
  }));
  const expected = documented.map((route) => ({
    route: nameOf(route),
    status: route.status,
    isPublic: route.isPublic ?? false,
    idempotencyKey: route.idempotencyKey ?? false,
  }));
  expect(new Map(facts.map((fact) => [fact.route, fact]))).toEqual(
    new Map(expected.map((fact) => [fact.route, fact])),
  );
});
