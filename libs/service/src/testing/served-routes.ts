import { type INestApplication, RequestMethod, type Type } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { type HttpMethod } from '@parley/contracts';
import type { z } from 'zod';
import { isPublicRoute } from '../rest/auth-guard.js';
import { ZodPipe } from '../rest/zod-parameters.js';

/** A route as the application really serves it. */
export interface ServedRoute {
  readonly method: HttpMethod;
  /** Parameters in braces. */
  readonly path: string;
  /** Of success, unless the handler sets another one. */
  readonly status: number;
  readonly isPublic: boolean;
  readonly params?: z.ZodType;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  /** What decorators of the application's own take from a request. */
  readonly ownParameters: readonly unknown[];
}

type Handler = (...parameters: unknown[]) => unknown;
interface Parameter {
  readonly pipes?: readonly unknown[];
  readonly factory?: unknown;
}

/** Nest's names for where a parameter comes from. */
const sources = { 3: 'body', 4: 'query', 5: 'params' } as const;

/** All routes of all controllers, by what their decorators say. */
export function servedRoutes(app: INestApplication): ServedRoute[] {
  const controllers = new Set<Type>();
  for (const module of app.get(ModulesContainer).values()) {
    for (const { metatype } of module.controllers.values()) controllers.add(metatype as Type);
  }
  return [...controllers].flatMap(routesOf);
}

function routesOf(controller: Type): ServedRoute[] {
  const prototype = controller.prototype as Record<string, Handler>;
  return Object.getOwnPropertyNames(prototype).flatMap((name) => {
    const handler = prototype[name];
    if (handler === undefined || !Reflect.hasMetadata('method', handler)) return [];
    return [routeOf(controller, name, handler)];
  });
}

function routeOf(controller: Type, name: string, handler: Handler): ServedRoute {
  const method = RequestMethod[Reflect.getMetadata('method', handler) as number] as HttpMethod;
  const given = parametersOf(controller, name);
  const schemas = given.flatMap(([key, { pipes = [] }]) => {
    const source = sources[Number(key.split(':')[0]) as keyof typeof sources] as string | undefined;
    const pipe = pipes.find((candidate) => candidate instanceof ZodPipe);
    return source && pipe ? [[source, pipe.schema]] : [];
  });
  return {
    method,
    path: pathOf(controller, handler),
    status:
      (Reflect.getMetadata('__httpCode__', handler) as number | undefined) ?? (method === 'POST' ? 201 : 200),
    isPublic: isPublicRoute(handler, controller),
    ...(Object.fromEntries(schemas) as Pick<ServedRoute, 'params' | 'query' | 'body'>),
    ownParameters: given.flatMap(([, { factory }]) => (factory === undefined ? [] : [factory])),
  };
}

function parametersOf(controller: Type, name: string): [string, Parameter][] {
  const metadata = Reflect.getMetadata('__routeArguments__', controller, name) as
    Record<string, Parameter> | undefined;
  return Object.entries(metadata ?? {});
}

function pathOf(controller: Type, handler: Handler): string {
  const parts = [controller, handler].map((target) => Reflect.getMetadata('path', target) as string);
  const path = parts.flatMap((part) => part.split('/')).filter((part) => part !== '');
  return `/${path.map((part) => (part.startsWith(':') ? `{${part.slice(1)}}` : part)).join('/')}`;
}
