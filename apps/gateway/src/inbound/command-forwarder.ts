import { Injectable } from '@nestjs/common';
import { type CommandKind, type Outcome, Refusal, topics } from '@parley/contracts';
import { PendingRequests } from '@parley/sessions';
import { encodeAckFrame } from '../outbound/frame.js';
import { SocketFanOut } from '../outbound/socket-fan-out.js';
import { SessionIds } from '../sessions/session-ids.js';
import { type Asked, CommandAnswers } from './command-answers.js';
import { CommandLog } from './command-log.js';
import type { ForwardedCommand } from './handle.js';

/** Appends commands to the log and carries the replies back, unread. */
@Injectable()
export class CommandForwarder {
  constructor(
    private readonly ids: SessionIds,
    private readonly pending: PendingRequests,
    private readonly log: CommandLog,
    private readonly fanOut: SocketFanOut,
    private readonly answers: CommandAnswers,
  ) {}

  forward(asked: Asked, kind: CommandKind, command: ForwardedCommand<CommandKind>): void {
    const { session } = asked;
    let waiting = true;
    const request = this.pending.open((ack) => {
      waiting = false;
      this.answer(asked, ack);
    });
    session.inFlight += 1;
    this.log.append({
      lane: session,
      record: {
        topic: topics.conversationCommands.name,
        partitionBy: command.conversationId,
        value: this.encode(asked, kind, command, request),
      },
      isWanted: () => waiting,
      onFailed: (outcome) => {
        if (!waiting) return;
        this.pending.cancel(request);
        this.fail(asked, outcome);
      },
    });
  }

  private encode(
    { session }: Asked,
    kind: CommandKind,
    { conversationId, commandId, body }: ForwardedCommand<CommandKind>,
    request: number,
  ): string {
    const { slot, incarnation } = this.ids;
    const origin = { slot, incarnation, session: session.counter, request };
    return JSON.stringify({ kind, conversationId, userId: session.userId, commandId, origin, body });
  }

  /** @param ack the answer as JSON; null when none came in time */
  private answer(asked: Asked, ack: Buffer | null): void {
    const { session } = asked;
    session.inFlight -= 1;
    if (!ack) {
      this.answers.refuse(asked, new Refusal('TIMEOUT', 'No answer in time: try again with the same id.'));
      return;
    }
    this.answers.count(asked);
    // It leaves with all else that the same batch of inbox items has for this socket.
    if (!session.ended) this.fanOut.append(session, encodeAckFrame(asked.ackId, ack));
  }

  private fail(asked: Asked, outcome: Outcome): void {
    asked.session.inFlight -= 1;
    const message = 'The command could not be passed on: try again with the same id.';
    this.answers.refuse(asked, new Refusal('UNAVAILABLE', message, { outcome, retryAfterMs: 1_000 }));
  }
}
