import { type Ack, type SocketCommandBody, type SocketCommandData } from '@parley/contracts';

/** The commands that change a conversation: they keep their order in it, and go out once, whatever happens. */
export type ConversationCommand = 'message.send' | 'message.edit' | 'message.delete' | 'reaction.set';

/** One try to get a command done. */
export interface Attempt<Name extends ConversationCommand = ConversationCommand> {
  readonly command: Name;
  readonly body: SocketCommandBody<Name>;
}

/** The way to the server; one attempt gets one answer, `TIMEOUT` and lost connections included. */
export interface CommandLink {
  /** Resolves as soon as there is a session to send over. */
  online(): Promise<void>;
  attempt<Name extends ConversationCommand>(attempt: Attempt<Name>): Promise<Ack<SocketCommandData<Name>>>;
  /**
   * Gets a new token: the session's has run out.
   * @throws RequestFailed when the token is refused, and whatever the token provider throws
   */
  renew(): Promise<void>;
}

/** The id under which the server remembers what became of a command: repeated with it, it happens once. */
export const commandIdOf = ({ body }: Attempt): string => ('commandId' in body ? body.commandId : body.id);
