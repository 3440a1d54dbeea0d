import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { type Outcome, Refusal } from '@parley/contracts';
import { isTransientDatabaseError } from '@parley/database';
import { catchError, type Observable } from 'rxjs';

/** What the caller is told while the database is away; any other error as it is. */
export function unavailableIfTransient(error: unknown, outcome: Outcome): unknown {
  if (error instanceof Refusal || !isTransientDatabaseError(error)) return error;
  return new Refusal('UNAVAILABLE', 'The database is away at the moment: try again.', {
    outcome,
    retryAfterMs: 1_000,
    cause: error,
  });
}

/** Makes a request that failed with the database retryable. */
@Injectable()
export class DatabaseErrors implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { method } = context.switchToHttp().getRequest<{ method: string }>();
    // A connection that breaks during a commit does not say whether it happened.
    const outcome = method === 'GET' ? 'none' : 'unknown';
    return next.handle().pipe(
      catchError((error: unknown) => {
        throw unavailableIfTransient(error, outcome);
      }),
    );
  }
}
