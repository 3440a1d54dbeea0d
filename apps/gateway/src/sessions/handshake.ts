import { Injectable } from '@nestjs/common';
import { type ConnectErrorData, handshakeSchema, Refusal } from '@parley/contracts';
import { parseOrRefuse } from '@parley/service';
import { GatewayLimits } from '../limits.js';
import { Admission } from './admission.js';
import type { SessionIdentity } from './session.js';
import { tooManySockets } from './session-lifecycle.js';
import { SessionTable } from './session-table.js';
import { TokenChecks } from './token-checks.js';

/** Decides who may open a session, and who may go on with a new token. */
@Injectable()
export class Handshake {
  constructor(
    private readonly limits: GatewayLimits,
    private readonly admission: Admission,
    private readonly tokens: TokenChecks,
    private readonly table: SessionTable,
  ) {}

  /**
   * @param auth what the client sent
   * @throws Refusal
   */
  async authenticate(auth: unknown): Promise<SessionIdentity> {
    this.admission.assertOpen();
    const { token, deviceId } = parseOrRefuse(handshakeSchema, auth);
    const identity = await this.tokens.identify(token, deviceId);
    if (this.table.ofUser(identity.userId).length >= this.limits.socketsPerUser) {
      const { code, message } = tooManySockets(this.limits.socketsPerUser);
      throw new Refusal(code, message, { retryAfterMs: 5_000 });
    }
    // It may have closed while the token was verified.
    this.admission.assertOpen();
    return identity;
  }
}

/** What socket.io sends as `connect_error`. */
export function connectError(error: unknown): Error & { data: ConnectErrorData } {
  const refusal =
    error instanceof Refusal
      ? error
      : new Refusal('INTERNAL', 'The gateway failed: try again.', { cause: error });
  const { code, message, retryable, retryAfterMs } = refusal;
  const data = { code, message, retryable, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  return Object.assign(new Error(message), { data });
}
