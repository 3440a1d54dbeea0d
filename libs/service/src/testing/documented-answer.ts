import {
  type Ack,
  errorAnswerSchema,
  type ErrorCode,
  isSocketCommandName,
  refusalsOf,
  refusalsOfEveryCommand,
  type Route,
  routes,
  socketCommands,
} from '@parley/contracts';
import { deepStrictEqual, fail, strictEqual } from 'node:assert/strict';
import type { z } from 'zod';

export interface GivenAnswer {
  readonly method: string;
  /** With query. */
  readonly path: string;
  readonly status: number;
  /** Undefined where there is none. */
  readonly body: unknown;
}

/**
 * Compares an answer with what the table of routes says of it. A path that no route of the table has may only be
 * refused as such.
 * @throws AssertionError
 */
export function assertDocumented(answer: GivenAnswer): void {
  const path = answer.path.split('?')[0] ?? '';
  const route = routes.find((each) => each.method === answer.method && isPathOf(each, path));
  if (answer.status >= 400 && !route?.otherStatuses?.includes(answer.status)) {
    assertDocumentedRefusal(route, answer);
    return;
  }
  if (route === undefined) fail(`${answer.method} ${path} is not in the table of routes`);
  if (!route.otherStatuses?.includes(answer.status))
    strictEqual(answer.status, route.status, `status of ${route.name}`);
  if (route.answer === null) strictEqual(answer.body, undefined, `${route.name} answers without a body`);
  else if (route.answer !== 'text') assertIs(route.answer, answer.body, route.name);
}

function assertDocumentedRefusal(
  route: (Route & { name: string }) | undefined,
  { method, path, body }: GivenAnswer,
) {
  const { error } = assertIs(errorAnswerSchema, body, `the refusal of ${method} ${path}`);
  if (route === undefined || refusalsOf(route).includes(error.code)) return;
  fail(
    `${route.name} is refused with ${error.code} (${error.message}), which the table of routes does not say`,
  );
}

/**
 * Compares the refusal of a command with what the table of socket commands says of it. Commands that are no socket's
 * are left to the answers of REST.
 * @throws AssertionError
 */
export function assertDocumentedAck(command: string, ack: Ack<unknown>): void {
  if (ack.ok || !isSocketCommandName(command)) return;
  const codes: readonly ErrorCode[] = [...refusalsOfEveryCommand, ...socketCommands[command].refusals];
  if (codes.includes(ack.error.code)) return;
  fail(
    `${command} is refused with ${ack.error.code} (${ack.error.message}), which the table of socket commands does not say`,
  );
}

/** Unknown fields are no part of the contract: an answer has none. */
function assertIs<Schema extends z.ZodType>(schema: Schema, value: unknown, what: string): z.output<Schema> {
  const { success, data, error } = schema.safeParse(value);
  if (!success) fail(`${what} is not as documented: ${error.message}\n${JSON.stringify(value)}`);
  deepStrictEqual(value, data, `${what} has fields that are not documented`);
  return data;
}

/** Literal paths come before those with parameters in the table, as in the controllers. */
function isPathOf(route: Route, path: string): boolean {
  const [given, expected] = [path.split('/'), route.path.split('/')];
  return (
    given.length === expected.length &&
    expected.every((part, at) => part.startsWith('{') || part === given[at])
  );
}
