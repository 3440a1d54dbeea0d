import yaml from 'yaml';
import { z } from 'zod';

const text = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const duration = z.string().regex(/^\d+(ms|s|m)$/);
const condition = z.enum(['service_started', 'service_healthy', 'service_completed_successfully']);

const serviceSchema = z.strictObject({
  image: z.string().regex(/^[a-z0-9./-]+:[a-z0-9.-]+$/, 'must name a tag'),
  build: z.string().optional(),
  command: z.array(z.string()).optional(),
  restart: z.enum(['unless-stopped', 'on-failure']).optional(),
  stop_grace_period: duration.optional(),
  shm_size: z
    .string()
    .regex(/^\d+mb$/)
    .optional(),
  ports: z.array(z.string()).optional(),
  environment: z.record(z.string().regex(/^[A-Z][A-Z0-9_]*$/), text).default({}),
  volumes: z.array(z.string().regex(/^[^:]+:[^:]+(:ro)?$/)).default([]),
  depends_on: z
    .union([
      z
        .array(z.string())
        .transform((names) =>
          Object.fromEntries(names.map((name) => [name, { condition: 'service_started' as const }])),
        ),
      z.record(z.string(), z.strictObject({ condition })),
    ])
    .default({}),
  healthcheck: z
    .strictObject({
      test: z.tuple([z.enum(['CMD', 'CMD-SHELL'])], z.string()),
      interval: duration,
      timeout: duration,
      retries: z.number().int().positive(),
      start_period: duration.optional(),
    })
    .optional(),
});

/** As much of the compose specification as the file uses: what is not named here is refused. */
const composeSchema = z.strictObject({
  name: z.string(),
  services: z.record(z.string(), serviceSchema),
  volumes: z.record(z.string(), z.null()),
});

export type ComposeService = z.output<typeof serviceSchema>;
export type ComposeFile = z.output<typeof composeSchema>;

/** @throws Error that names the fields that do not fit */
export function readComposeFile(content: string, variables: Readonly<Record<string, string>>): ComposeFile {
  const document = yaml.parse(content, { merge: true }) as Record<string, unknown>;
  const withoutExtensions = Object.entries(document).filter(([name]) => !name.startsWith('x-'));
  return composeSchema.parse(interpolate(Object.fromEntries(withoutExtensions), variables));
}

/** ${NAME}, ${NAME:-default} and ${NAME:?message}, as docker compose does it. */
function interpolate(value: unknown, variables: Readonly<Record<string, string>>): unknown {
  if (typeof value === 'string') {
    return value.replace(/\$\{([A-Z_]+)(?::([-?])([^}]*))?\}/g, (_, name: string, kind = '', rest = '') => {
      const given = variables[name];
      if (given !== undefined && given !== '') return given;
      if (kind === '?') throw new Error(`${name}: ${rest}`);
      return rest as string;
    });
  }
  if (Array.isArray(value)) return value.map((item) => interpolate(item, variables));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, interpolate(item, variables)]));
}

/** The variables of a .env file; single quotes keep everything as it stands. */
export function readEnvFile(content: string): Record<string, string> {
  const pairs = content
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, name = '', value = ''] = /^([A-Z_]+)=(.*)$/.exec(line) ?? [];
      return [name, value.replace(/^'(.*)'$/, '$1')];
    });
  return Object.fromEntries(pairs) as Record<string, string>;
}
