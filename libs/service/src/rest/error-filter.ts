import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import { type ErrorCode, errorTable, Refusal } from '@parley/contracts';
import { type Log } from '../logging/log.js';
import { type ServiceRequest, type ServiceResponse } from './http-exchange.js';

/** Answers everything that is thrown on a route as `{error: …}` from the one error table. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(private readonly log: Log) {}

  catch(error: unknown, host: ArgumentsHost): void {
    if (host.getType() !== 'http') {
      this.log.error({ err: error }, 'failed outside a request');
      return;
    }
    const http = host.switchToHttp();
    this.answer(error, http.getRequest<ServiceRequest>(), http.getResponse<ServiceResponse>());
  }

  private answer(error: unknown, request: ServiceRequest, response: ServiceResponse): void {
    const refusal = refusalOf(error, request);
    const requestId = request.requestId ?? '';
    if (refusal.code === 'INTERNAL') {
      const path = request.url?.split('?')[0];
      this.log.error({ err: error, requestId, method: request.method, path }, 'a request failed');
    }
    if (response.headersSent) {
      response.destroy();
      return;
    }
    response.statusCode = errorTable[refusal.code].status;
    response.setHeader('content-type', 'application/json; charset=utf-8');
    if (refusal.code === 'UNAUTHENTICATED') response.setHeader('www-authenticate', 'Bearer');
    if (refusal.retryAfterMs !== undefined) {
      response.setHeader('retry-after', String(Math.ceil(refusal.retryAfterMs / 1000)));
    }
    response.end(JSON.stringify({ error: refusal.toBody(requestId) }));
  }
}

function refusalOf(error: unknown, request: ServiceRequest): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof HttpException && error.getStatus() < 500) return refusalOfStatus(error, request);
  return new Refusal('INTERNAL', 'The service failed: try again, and quote the request id if it lasts.', {
    cause: error,
  });
}

/** What the framework refuses before a handler of ours sees the request. */
function refusalOfStatus(error: HttpException, request: ServiceRequest): Refusal {
  const code = codesByStatus.get(error.getStatus()) ?? 'INVALID';
  return new Refusal(code, sentenceOf(code, error, request), { cause: error });
}

const codesByStatus = new Map<number, ErrorCode>([
  [401, 'UNAUTHENTICATED'],
  [403, 'FORBIDDEN'],
  [404, 'NOT_FOUND'],
  [409, 'CONFLICT'],
  [413, 'TOO_LARGE'],
  [429, 'RATE_LIMITED'],
]);

function sentenceOf(code: ErrorCode, error: HttpException, request: ServiceRequest): string {
  if (code === 'NOT_FOUND') return `There is no ${request.method ?? ''} ${request.url?.split('?')[0] ?? ''}.`;
  if (code === 'TOO_LARGE') return 'The body is larger than this service accepts.';
  if (error.cause instanceof SyntaxError) return `The body is no JSON: ${error.message}`;
  return error.message;
}
