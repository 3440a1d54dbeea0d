import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { unavailableIfTransient } from '@parley/database';
import { catchError, type Observable } from 'rxjs';

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
