import { randomUUID } from 'node:crypto';
import { type ServiceRequest, type ServiceResponse } from './http-exchange.js';

const header = 'x-request-id';
const acceptable = /^[\w.:-]{1,128}$/;

/** Gives each request an id: the caller's own, where it is harmless to log and to answer, else a new one. */
export function assignRequestId(request: ServiceRequest, response: ServiceResponse, next: () => void): void {
  const given = request.headers[header];
  request.requestId = typeof given === 'string' && acceptable.test(given) ? given : randomUUID();
  response.setHeader(header, request.requestId);
  next();
}
