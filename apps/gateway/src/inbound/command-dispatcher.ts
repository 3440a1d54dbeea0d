import { Injectable } from '@nestjs/common';
import { isSocketCommandName } from '@parley/contracts';
import type { Session } from '../sessions/session.js';
import { type Asked, CommandAnswers } from './command-answers.js';
import { CommandChecks } from './command-checks.js';
import { CommandForwarder } from './command-forwarder.js';
import type { SocketCommandHandlers } from './handle.js';
import type { Packet } from './packet.js';

/** Takes what clients emit: checks token, rate and shape, then forwards it or has it answered here. */
@Injectable()
export class CommandDispatcher {
  constructor(
    private readonly handlers: SocketCommandHandlers,
    private readonly checks: CommandChecks,
    private readonly forwarder: CommandForwarder,
    private readonly answers: CommandAnswers,
  ) {}

  receive(session: Session, packet: Packet): void {
    if (session.ended) return;
    const name = packet.data[0];
    if (packet.id === undefined) {
      this.answers.closeForLackOfAck(session, name);
      return;
    }
    if (typeof name !== 'string' || !isSocketCommandName(name)) {
      this.answers.refuseUnknown(session, packet.id, name);
      return;
    }
    const asked: Asked = { session, ackId: packet.id, command: name };
    try {
      this.checks.admit(session, name);
      this.carryOut(asked, this.checks.bodyOf(name, packet.data));
    } catch (error) {
      this.answers.refuse(asked, error);
    }
  }

  /** @param body fits the command's schema, so it is what its handler takes */
  private carryOut(asked: Asked, body: never): void {
    const handler = this.handlers[asked.command];
    if ('answer' in handler) {
      handler.answer(body, asked.session).then(
        (data) => this.answers.accept(asked, data),
        (error: unknown) => this.answers.refuse(asked, error),
      );
      return;
    }
    this.forwarder.forward(asked, handler.name, handler.forward(body));
  }
}
