import {
  type ErrorCode,
  errorAnswerSchema,
  errorTable,
  refusalsOf,
  type Route,
  routesByResource,
} from '@parley/contracts';
import type { z } from 'zod';
import { type Json, type JsonObject, SchemaCollector } from './schema-collector.js';

type NamedRoute = Route & { readonly name: string; readonly resource: string };

const about = `JSON over HTTP. Unknown fields of a request are refused; answers may gain fields. Every refusal is \`{"error": {…}}\` with a code of one table, which sockets use too; limits, codes and times: [limits and errors](limits-and-errors.md). Every answer carries the header \`X-Request-Id\`. The socket's half is in [asyncapi.json](asyncapi.json).`;

const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header',
  description:
    'The id of the command, a UUID in lower case that the client mints: the same one again is the same change, and gets the same answer. Without it every request is a new change.',
  schema: { $ref: '#/components/schemas/Id' },
} as const;

/** OpenAPI 3.1 of all REST routes. */
export function openApiDocument(version: string): JsonObject {
  const schemas = new SchemaCollector('draft-2020-12');
  const paths: Record<string, JsonObject> = {};
  for (const route of namedRoutes()) {
    (paths[route.path] ??= {})[route.method.toLowerCase()] = operationOf(route, schemas);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Parley: REST',
      version,
      description: about,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: 'http://localhost:3000', description: '`npm start`, or the front door' }],
    security: [{ accessToken: [] }],
    tags: Object.keys(routesByResource).map((name) => ({ name })),
    paths,
    components: {
      schemas: schemas.components,
      parameters: { IdempotencyKey: idempotencyKey },
      headers: {
        RetryAfter: { description: 'Seconds to wait.', schema: { type: 'integer', minimum: 0 } },
      },
      securitySchemes: {
        accessToken: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'The access token of register, login or refresh, or one of a configured issuer.',
        },
      },
    },
  };
}

function namedRoutes(): NamedRoute[] {
  return Object.entries(routesByResource).flatMap(([resource, group]: [string, Record<string, Route>]) =>
    Object.entries(group).map(([name, route]) => ({ name, resource, ...route })),
  );
}

function operationOf(route: NamedRoute, schemas: SchemaCollector): JsonObject {
  const parameters: Json[] = [
    ...parametersOf('path', route.params, schemas),
    ...parametersOf('query', route.query, schemas),
    ...(route.idempotencyKey ? [{ $ref: '#/components/parameters/IdempotencyKey' }] : []),
  ];
  return {
    operationId: route.name,
    tags: [route.resource],
    summary: route.summary,
    ...(route.description === undefined ? {} : { description: route.description }),
    ...(route.isPublic ? { security: [] } : {}),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(route.body ? { requestBody: { required: true, content: jsonOf(route.body, schemas) } } : {}),
    responses: { ...successOf(route, schemas), ...refusalAnswers(route, schemas) },
  };
}

function parametersOf(
  place: 'path' | 'query',
  schema: z.ZodObject | undefined,
  schemas: SchemaCollector,
): Json[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = schemas.use(schema) as {
    properties?: Record<string, JsonObject>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name,
    in: place,
    ...(description === undefined ? {} : { description }),
    required: place === 'path' || required.includes(name),
    schema: rest,
  }));
}

function jsonOf(schema: z.ZodType, schemas: SchemaCollector): JsonObject {
  return { 'application/json': { schema: schemas.use(schema) } };
}

function successOf(route: NamedRoute, schemas: SchemaCollector): JsonObject {
  const { answer } = route;
  const text = { 'text/plain': { schema: { type: 'string' } } };
  const content = answer === 'text' ? text : answer === null ? undefined : jsonOf(answer, schemas);
  const response = { description: 'Done.', ...(content === undefined ? {} : { content }) };
  const others = (route.otherStatuses ?? []).map((status) => [
    String(status),
    { ...response, description: 'Not now: the same form says why.' },
  ]);
  return { [String(route.status)]: response, ...(Object.fromEntries(others) as JsonObject) };
}

/** One answer per status; several codes may share one. */
function refusalAnswers(route: NamedRoute, schemas: SchemaCollector): JsonObject {
  const codes = refusalsOf(route);
  const table = Object.keys(errorTable) as ErrorCode[];
  const answers: JsonObject = {};
  for (const status of new Set(
    codes.map((code) => errorTable[code].status).sort((one, other) => one - other),
  )) {
    const ofStatus = table.filter((code) => codes.includes(code) && errorTable[code].status === status);
    answers[String(status)] = {
      description: ofStatus.map((code) => `\`${code}\`: ${errorTable[code].meaning}`).join(' '),
      ...(status === 429 || status === 503
        ? { headers: { 'Retry-After': { $ref: '#/components/headers/RetryAfter' } } }
        : {}),
      content: jsonOf(errorAnswerSchema, schemas),
    };
  }
  return answers;
}
