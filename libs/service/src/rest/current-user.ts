import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { type VerifiedToken } from '../tokens/token-verifier.js';
import { type ServiceRequest } from './http-exchange.js';

/** The verified token of the caller: `@CurrentUser() user: VerifiedToken`. Only on routes that are not `@Public()`. */
export const CurrentUser = createParamDecorator((_: unknown, context: ExecutionContext): VerifiedToken => {
  const { token } = context.switchToHttp().getRequest<ServiceRequest>();
  if (!token) throw new Error('@CurrentUser() on a route without authentication');
  return token;
});

/** The id that finds this request in the logs: `@RequestId() requestId: string`. */
export const RequestId = createParamDecorator(
  (_: unknown, context: ExecutionContext): string =>
    context.switchToHttp().getRequest<ServiceRequest>().requestId ?? '',
);
