import type {
  CommandKind,
  CommandOf,
  SocketCommandBody,
  SocketCommandData,
  SocketCommandName,
} from '@parley/contracts';
import type { Session } from '../sessions/session.js';

/** What is appended to the command log for a socket command; who asks and where the answer goes is added later. */
export type ForwardedCommand<Kind extends CommandKind> = Kind extends CommandKind
  ? Pick<CommandOf<Kind>, 'conversationId' | 'commandId' | 'body'>
  : never;

/** Another service carries it out and answers: its reply comes to the inbox and goes on unread. */
export interface ForwardingHandler<Name extends SocketCommandName & CommandKind> {
  readonly name: Name;
  readonly forward: (body: SocketCommandBody<Name>) => ForwardedCommand<Name>;
}

/** The gateway carries it out itself. A thrown `Refusal` is answered as it is. */
export interface AnsweringHandler<Name extends SocketCommandName> {
  readonly name: Name;
  readonly answer: (body: SocketCommandBody<Name>, session: Session) => Promise<SocketCommandData<Name>>;
}

export type SocketCommandHandler<Name extends SocketCommandName> =
  AnsweringHandler<Name> | (Name extends CommandKind ? ForwardingHandler<Name> : never);

/** One handler for each command that a client may send: a missing one does not compile. */
export type SocketCommandHandlers = { readonly [Name in SocketCommandName]: SocketCommandHandler<Name> };

/**
 * Ties a command's name, the shape of its body and the type of its answer together, as contracts has them.
 * The body was checked against the command's schema before.
 */
export function handle<Name extends SocketCommandName & CommandKind>(
  name: Name,
  handler: Pick<ForwardingHandler<Name>, 'forward'>,
): ForwardingHandler<Name>;
export function handle<Name extends SocketCommandName>(
  name: Name,
  handler: Pick<AnsweringHandler<Name>, 'answer'>,
): AnsweringHandler<Name>;
export function handle(name: string, handler: object): object {
  return { name, ...handler };
}
