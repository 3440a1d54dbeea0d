import { type IncomingMessage, type ServerResponse } from 'node:http';
import { type VerifiedToken } from '../tokens/token-verifier.js';

/** What this library adds to a request on its way through the service. */
export interface ServiceRequest extends IncomingMessage {
  requestId?: string;
  token?: VerifiedToken;
}

export type ServiceResponse = ServerResponse;
