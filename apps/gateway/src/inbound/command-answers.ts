import { Injectable } from '@nestjs/common';
import { type Ack, Refusal, type SocketCommandName, socketCommands } from '@parley/contracts';
import { Log } from '@parley/service';
import { GatewayMetrics } from '../metrics.js';
import { SocketWriter } from '../outbound/socket-writer.js';
import type { Session } from '../sessions/session.js';

/** A command that asks for an answer, on its way through the checks. */
export interface Asked {
  readonly session: Session;
  readonly ackId: number;
  readonly command: SocketCommandName;
}

/** What the gateway itself answers. */
@Injectable()
export class CommandAnswers {
  constructor(
    private readonly writer: SocketWriter,
    private readonly metrics: GatewayMetrics,
    private readonly log: Log,
  ) {}

  accept(asked: Asked, data: unknown): void {
    this.metrics.command(asked.command, 'ok');
    const ack: Ack<unknown> = { ok: true, data };
    this.writer.answer(asked.session, asked.ackId, ack);
  }

  /** Another service answered. */
  count(asked: Asked): void {
    this.metrics.command(asked.command, 'answered');
  }

  refuse(asked: Asked, error: unknown): void {
    const { session, ackId, command } = asked;
    const requestId = requestIdOf(session, ackId);
    const refusal = error instanceof Refusal ? error : internal(error);
    if (refusal.code === 'INTERNAL') this.log.error({ err: error, requestId, command }, 'a command failed');
    this.metrics.command(command, refusal.code);
    this.writer.answer(session, ackId, { ok: false, error: refusal.toBody(requestId) });
  }

  refuseUnknown(session: Session, ackId: number, name: unknown): void {
    this.metrics.command('unknown', 'INVALID');
    const known = Object.keys(socketCommands).join(', ');
    const refusal = new Refusal('INVALID', `There is no command ${quoted(name)}; there are ${known}.`);
    this.writer.answer(session, ackId, { ok: false, error: refusal.toBody(requestIdOf(session, ackId)) });
  }

  closeForLackOfAck(session: Session, name: unknown): void {
    this.metrics.unreadable('no-ack');
    this.writer.close(session, {
      code: 'INVALID',
      message: `${quoted(name)} came without an acknowledgement callback, so it cannot be answered: emit(name, body, ack).`,
      reconnect: false,
    });
  }
}

/** Finds the command in the log, which names session and number too. */
function requestIdOf(session: Session, ackId: number): string {
  return `${session.socket.id}-${session.counter}-${ackId}`;
}

function quoted(name: unknown): string {
  return JSON.stringify(typeof name === 'string' ? name.slice(0, 60) : typeof name);
}

function internal(error: unknown): Refusal {
  return new Refusal('INTERNAL', 'The gateway failed: try again, and quote the request id if it lasts.', {
    cause: error,
  });
}
