import { type ErrorBody, type ErrorCode, type Outcome, type SessionClosed } from '@parley/contracts';

/** A request that came to nothing: refused by the server, or lost on the way. */
export class RequestFailed extends Error {
  readonly code: ErrorCode;
  readonly outcome: Outcome;
  readonly retryable: boolean;
  /** Milliseconds that the server wants to be left in peace; undefined where it does not say. */
  readonly retryAfterMs: number | undefined;

  constructor(
    readonly body: ErrorBody,
    /** False where it may still happen: an earlier attempt of the same id ended without an answer. */
    readonly final: boolean,
  ) {
    super(`${body.code}: ${body.message}`);
    this.name = 'RequestFailed';
    this.code = body.code;
    this.outcome = body.outcome;
    this.retryable = body.retryable;
    this.retryAfterMs = body.retryAfterMs;
  }
}

/** What the client itself says when no answer came. */
export const noAnswer = (
  code: 'TIMEOUT' | 'UNAVAILABLE' | 'RATE_LIMITED',
  message: string,
  outcome: Outcome,
): ErrorBody => ({
  code,
  message,
  retryable: true,
  outcome,
  requestId: '',
});

/** What is asked of a client after `close()`, or was asked before and has not come. */
export const clientClosed = (): RequestFailed =>
  closedByServer({
    code: 'UNAVAILABLE',
    message: 'this client was closed: make another with the same store',
  });

/** The server does not want this client. */
export const closedByServer = ({ code, message }: Omit<SessionClosed, 'reconnect'>): RequestFailed =>
  new RequestFailed({ code, message, retryable: false, outcome: 'none', requestId: '' }, true);

/** The device could not keep what was to be sent, for instance because its disk is full. Nothing was sent. */
export class StoreFailed extends RequestFailed {
  constructor(cause: unknown) {
    const reason = cause instanceof Error ? cause.message : 'the store failed';
    super(noAnswer('UNAVAILABLE', `cannot be kept on this device: ${reason}`, 'none'), true);
    this.name = 'StoreFailed';
    this.cause = cause;
  }
}

/** Refusals that the owner of the conversation decides and stores: every later attempt gets them too. */
const decidedByOwner: ReadonlySet<ErrorCode> = new Set(['FORBIDDEN', 'NOT_FOUND', 'CONFLICT']);

export const isStoredRefusal = (error: ErrorBody): boolean =>
  error.outcome === 'none' && !error.retryable && decidedByOwner.has(error.code);

/** Milliseconds to wait at least after a failure: what the server asked for, if it was the server. */
export const askedWait = (error: unknown): number =>
  error instanceof RequestFailed ? (error.retryAfterMs ?? 0) : 0;
