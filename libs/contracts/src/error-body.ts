import { z } from 'zod';
import { type ErrorCode, errorTable } from './errors.js';

export const errorCodeSchema = z
  .enum(Object.keys(errorTable) as [ErrorCode, ...ErrorCode[]])
  .meta({ id: 'ErrorCode', description: 'See the table of errors.' });

export const errorBodySchema = z
  .object({
    code: errorCodeSchema,
    message: z.string().describe('A sentence that says what to do; for people, not for programs.'),
    retryable: z.boolean().describe('The same request may succeed later.'),
    outcome: z
      .enum(['none', 'unknown'])
      .describe(
        'What this attempt came to: `none` did not and will not happen, `unknown` may have happened or may yet.',
      ),
    retryAfterMs: z.number().nonnegative().exactOptional().describe('Wait this long before trying again.'),
    requestId: z.string().describe('Finds the request in the logs.'),
    details: z
      .unknown()
      .optional()
      .describe('What else is known, such as every problem of a malformed body.'),
  })
  .meta({ id: 'Error', description: 'A no with its reason, the same over REST and socket.' });
export type ErrorBody = z.infer<typeof errorBodySchema>;

/** What REST answers where the status is 400 or above. */
export const errorAnswerSchema = z.object({ error: errorBodySchema }).meta({ id: 'ErrorAnswer' });
