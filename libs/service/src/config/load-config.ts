import type { z } from 'zod';

/** The environment does not fit the schema. Nothing was started. */
export class ConfigError extends Error {
  constructor(
    /** One line each: the variable and what is wrong with it. Never its value, which may be a secret. */
    readonly problems: readonly string[],
  ) {
    super(`The configuration is wrong:\n${problems.join('\n')}`);
    this.name = 'ConfigError';
  }
}

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Checks the environment against the schema of one app. A variable that is set to nothing counts as absent, because
 * compose files and charts write it so.
 * @throws ConfigError
 */
export function loadConfig<S extends z.ZodType>(schema: S, environment: Environment): z.output<S> {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  );
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  throw new ConfigError(result.error.issues.map((issue) => describe(issue, given)));
}

function describe(issue: z.core.$ZodIssue, given: Record<string, unknown>): string {
  const name = issue.path.map(String).join('.') || 'configuration';
  const missing = issue.path.length === 1 && issue.code === 'invalid_type' && !(name in given);
  return `${name}: ${missing ? 'is missing' : issue.message}`;
}
