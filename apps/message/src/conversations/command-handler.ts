import { type CommandKind, type CommandOf, type ConversationEventName } from '@parley/contracts';
import { type ClientBase } from 'pg';
import { type ConversationState, type DirectStanding } from './conversation-state.js';
import { type Subject } from './subject.js';

/** The change that a handler makes. */
export interface ChangeContext {
  /** In a transaction. */
  readonly database: ClientBase;
  /** What a row takes that is changed now; it becomes the conversation's own version after the handler. */
  readonly nextVersion: number;
  /** The broker's time of the command. */
  readonly occurredAt: Date;
}

/** What a handler works with. The conversation is locked: nobody changes it meanwhile. */
export interface CommandContext<Kind extends CommandKind> extends ChangeContext {
  readonly command: CommandOf<Kind>;
  /** Undefined where there is no such conversation. Handlers read it; what they write is applied after the commit. */
  readonly state: ConversationState | undefined;
}

export interface Handled {
  /** Null where nothing had to change: no version is taken, nobody is told. */
  readonly event: ConversationEventName | null;
  /** What the ack and the event carry. */
  readonly subject: Subject;
  /** Where that changes. */
  readonly direct?: DirectStanding;
}

/** Carries out one kind of command. It throws a Refusal to say no. */
export interface CommandHandler<Kind extends CommandKind> {
  readonly kind: Kind;
  handle(context: CommandContext<Kind>): Promise<Handled>;
}

/** Every kind that changes a conversation by itself; sends are stored together. */
export type SingleKind = Exclude<CommandKind, 'message.send'>;
export type CommandHandlers = { readonly [Kind in SingleKind]: CommandHandler<Kind> };
