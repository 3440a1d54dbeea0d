// Only its type: browsers load this file, and need no schema library for it.
import type { ErrorBody } from './error-body.js';

/**
 * The one table of everything that can be refused, for REST and socket alike.
 * `retryable` is the default answer to "may the same request succeed later?"; `status` is the HTTP status.
 */
export const errorTable = {
  INVALID: {
    status: 400,
    retryable: false,
    meaning: 'The request is malformed; the message names the field and the rule.',
  },
  UNAUTHENTICATED: {
    status: 401,
    retryable: false,
    meaning: 'No valid access token: log in or refresh, then try again.',
  },
  FORBIDDEN: { status: 403, retryable: false, meaning: 'You are known, but your role does not allow this.' },
  NOT_FOUND: {
    status: 404,
    retryable: false,
    meaning: 'It does not exist, or you may not know that it does.',
  },
  CONFLICT: {
    status: 409,
    retryable: false,
    meaning: 'It contradicts what is stored, such as an id that is already taken.',
  },
  TOO_LARGE: {
    status: 413,
    retryable: false,
    meaning: 'It exceeds a limit of size or number; see the limits table.',
  },
  RATE_LIMITED: {
    status: 429,
    retryable: true,
    meaning: 'Too many requests: wait for retryAfterMs, then try again.',
  },
  OVERLOADED: {
    status: 503,
    retryable: true,
    meaning: 'The service sheds load: wait for retryAfterMs, then try again.',
  },
  UNAVAILABLE: {
    status: 503,
    retryable: true,
    meaning: 'Something it depends on is away: try again with the same id.',
  },
  TIMEOUT: {
    status: 504,
    retryable: true,
    meaning: 'No answer in time; it may or may not have happened: try again with the same id.',
  },
  INTERNAL: {
    status: 500,
    retryable: true,
    meaning: 'A fault of the service; the request id finds it in the logs.',
  },
} as const satisfies Record<string, { status: number; retryable: boolean; meaning: string }>;

export type ErrorCode = keyof typeof errorTable;

/** What one attempt came to: `none` did not and will not happen, `unknown` may have happened or may yet. */
export type Outcome = ErrorBody['outcome'];

export interface RefusalOptions {
  outcome?: Outcome;
  retryable?: boolean;
  retryAfterMs?: number;
  details?: unknown;
  cause?: unknown;
}

/** A no with a reason that the caller may see. Everything else that is thrown is answered as `INTERNAL`. */
export class Refusal extends Error {
  readonly outcome: Outcome;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  readonly details: unknown;

  constructor(
    readonly code: ErrorCode,
    message: string,
    options: RefusalOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'Refusal';
    this.outcome = options.outcome ?? (code === 'TIMEOUT' || code === 'INTERNAL' ? 'unknown' : 'none');
    this.retryable = options.retryable ?? errorTable[code].retryable;
    this.retryAfterMs = options.retryAfterMs;
    this.details = options.details;
  }

  toBody(requestId: string): ErrorBody {
    return {
      code: this.code,
      message: this.message,
      retryable: this.retryable,
      outcome: this.outcome,
      ...(this.retryAfterMs === undefined ? {} : { retryAfterMs: this.retryAfterMs }),
      requestId,
      ...(this.details === undefined ? {} : { details: this.details }),
    };
  }
}
