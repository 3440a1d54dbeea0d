import { type CommandOf, type CommandRecord } from '@parley/contracts';
import { type CommitTicket } from '../delivery/commit-ticket.js';

/** Where a command stands in the log. Found stored at the same position, it is a replay; at another, a client's retry. */
export interface CommandPosition {
  readonly partition: number;
  readonly offset: number;
  readonly index: number;
}

/** A command as it was read, with what the log adds to it. */
export interface ReceivedCommand<Command extends CommandRecord = CommandRecord> {
  readonly command: Command;
  readonly position: CommandPosition;
  /** The broker's time, milliseconds since the epoch: when a message counts as written, and how old a command is. */
  readonly timestamp: number;
  /** Held open until everything that this command makes known is written. */
  readonly ticket: CommitTicket;
}

export type ReceivedSend = ReceivedCommand<CommandOf<'message.send'>>;

export function isSend(received: ReceivedCommand): received is ReceivedSend {
  return received.command.kind === 'message.send';
}

export function isSamePosition(a: CommandPosition, b: CommandPosition): boolean {
  return a.offset === b.offset && a.index === b.index && a.partition === b.partition;
}
