import { Refusal } from '@parley/contracts';
import type { z } from 'zod';

/** More than this many problems help nobody. */
const maxProblems = 10;

/**
 * The value as the schema describes it.
 * @throws Refusal `INVALID` with the first problem as its sentence and all of them, `{field, problem}`, as details
 */
export function parseOrRefuse<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.slice(0, maxProblems).map(describe);
  const [first] = problems;
  const sentence = first ? `${first.field}: ${first.problem}` : 'The request is malformed.';
  throw new Refusal('INVALID', sentence, { details: problems });
}

function describe(issue: z.core.$ZodIssue): { field: string; problem: string } {
  const field = issue.path.map(String).join('.') || 'request';
  return { field, problem: issue.message.slice(0, 300) };
}
