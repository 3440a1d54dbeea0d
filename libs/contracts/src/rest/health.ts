import { z } from 'zod';

export const livenessSchema = z.object({ status: z.literal('ok') });

const checks = z.record(z.string(), z.looseObject({ status: z.enum(['up', 'down']) }));

/** The form of Nest's health checks. */
export const readinessSchema = z.object({
  status: z.enum(['ok', 'error', 'shutting_down']),
  info: checks.nullish().describe('What is there.'),
  error: checks.nullish().describe('What is away.'),
  details: checks.optional().describe('Both.'),
});
