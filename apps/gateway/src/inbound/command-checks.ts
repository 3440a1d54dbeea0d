import { Injectable } from '@nestjs/common';
import { Refusal, type SocketCommandName, socketCommands } from '@parley/contracts';
import { DeviceRates, parseOrRefuse } from '@parley/service';
import { PendingRequests } from '@parley/sessions';
import { GatewayLimits } from '../limits.js';
import type { Session } from '../sessions/session.js';

/** What is checked of every command before a handler sees it. */
@Injectable()
export class CommandChecks {
  constructor(
    private readonly limits: GatewayLimits,
    private readonly rates: DeviceRates,
    private readonly pending: PendingRequests,
  ) {}

  /** @throws Refusal */
  admit(session: Session, command: SocketCommandName): void {
    const now = Date.now();
    const wait = this.rates.take(session.deviceKey, now);
    if (wait > 0) {
      throw new Refusal('RATE_LIMITED', `This device sends too fast: wait ${wait} ms, then try again.`, {
        retryAfterMs: wait,
      });
    }
    if (session.inFlight >= this.limits.inFlightPerSocket) {
      const message = `${this.limits.inFlightPerSocket} commands of this socket wait for an answer: wait for one of them.`;
      throw new Refusal('RATE_LIMITED', message, { retryAfterMs: 100 });
    }
    if (this.pending.size >= this.limits.commandsQueued) {
      throw new Refusal('OVERLOADED', 'This gateway has too many commands under way: try again.', {
        retryAfterMs: 1_000,
      });
    }
    if (session.identity.expiresAt <= now && command !== 'session.renew') {
      throw new Refusal(
        'UNAUTHENTICATED',
        'The access token has expired: send session.renew with a new one.',
      );
    }
  }

  /** @throws Refusal */
  bodyOf(command: SocketCommandName, data: readonly unknown[]): never {
    if (data.length !== 2) {
      throw new Refusal('INVALID', `${command} takes one object: emit('${command}', body, ack).`);
    }
    this.refuseLongText(data[1]);
    return parseOrRefuse(socketCommands[command].schema, data[1]) as never;
  }

  /** Before the schema, which knows only the hard maximum. */
  private refuseLongText(body: unknown): void {
    const text = (body as { text?: unknown } | null)?.text;
    const max = this.limits.textLength;
    if (typeof text !== 'string' || text.length <= max) return;
    throw new Refusal('TOO_LARGE', `text: is longer than ${max} UTF-16 code units; split it or send a file.`);
  }
}
