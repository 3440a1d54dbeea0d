import { join } from 'node:path';
import { z } from 'zod';
import { checkout } from './paths.js';
import type { ClusterOptions } from './processes/start-cluster.js';

const schema = z.object({
  PORT: z.coerce.number().int().min(0).max(65_535).default(3000),
  GATEWAYS: z.coerce.number().int().min(1).max(8).default(2),
  MESSAGES: z.coerce.number().int().min(1).max(8).default(2),
  PRESENCES: z.coerce.number().int().min(0).max(8).default(1),
  BROKERS: z.enum(['1', '3']).default('1'),
  PARLEY_DATA_DIR: z
    .string()
    .min(1)
    .default(join(checkout, '.parley', 'cluster')),
});

/** What `npm run dev:cluster` reads from its environment. @throws Error with a line for each problem */
export function readOptions(environment: NodeJS.ProcessEnv): ClusterOptions {
  const { data, error } = schema.safeParse(environment);
  if (error)
    throw new Error(error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n'));
  return {
    frontDoorPort: data.PORT,
    gateways: data.GATEWAYS,
    messages: data.MESSAGES,
    presences: data.PRESENCES,
    brokers: data.BROKERS === '3' ? 3 : 1,
    dataDir: data.PARLEY_DATA_DIR,
  };
}
