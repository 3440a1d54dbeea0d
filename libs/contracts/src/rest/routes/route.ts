import type { z } from 'zod';
import type { ErrorCode } from '../../errors.js';

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** One route of REST: what the API document says of it, and what a spec compares the controllers with. */
export interface Route {
  /** Which service answers it; health is answered by every one. */
  readonly service: 'message' | 'presence' | 'every';
  readonly method: HttpMethod;
  /** Parameters in braces: `/v1/conversations/{id}`. */
  readonly path: string;
  /** One sentence. */
  readonly summary: string;
  /** What else a caller needs to know. */
  readonly description?: string;
  /** Needs no access token. */
  readonly isPublic?: true;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** The status of success. */
  readonly status: number;
  /** Of success; null where the answer has no body, `text` where it is no JSON. */
  readonly answer: z.ZodType | 'text' | null;
  /** What it may be refused with beside `refusalsOfEvery`. */
  readonly refusals?: readonly ErrorCode[];
  /** A command: the header `Idempotency-Key` makes a repetition the same change. */
  readonly idempotencyKey?: true;
  /** Statuses that are no success and yet carry the answer rather than an error. */
  readonly otherStatuses?: readonly number[];
}

/** Keeps the schemas' own types. */
export function defineRoutes<Routes extends Record<string, Route>>(routes: Routes): Routes {
  return routes;
}

/** Everything that a route may be refused with. */
export function refusalsOf(route: Route): ErrorCode[] {
  const codes = new Set<ErrorCode>(route.refusals);
  if (route.params ?? route.query ?? route.body ?? route.idempotencyKey) codes.add('INVALID');
  if (route.body) codes.add('TOO_LARGE');
  if (!route.isPublic) codes.add('UNAUTHENTICATED');
  if (!route.isPublic && route.method !== 'GET') codes.add('RATE_LIMITED');
  if (route.idempotencyKey) codes.add('TIMEOUT');
  if (route.service !== 'every') codes.add('UNAVAILABLE').add('INTERNAL');
  return [...codes];
}
