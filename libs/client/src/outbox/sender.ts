import { type Ack, type ErrorBody, type SocketCommandBody, type SocketCommandData } from '@parley/contracts';
import { type Backoff, waitAfter } from '../backoff.js';
import { isStoredRefusal, noAnswer, RequestFailed } from '../failure.js';

/** The commands that change a conversation: they keep their order in it. */
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

export interface OutboxOptions {
  readonly backoff: Backoff;
  /** After this long a command is given up; its outcome may be unknown then. Infinity keeps trying. */
  readonly giveUpAfterMs: number;
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly now: () => number;
}

const wall = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

export const defaultOutboxOptions: OutboxOptions = {
  backoff: { firstMs: 100, mostMs: 5_000 },
  giveUpAfterMs: Number.POSITIVE_INFINITY,
  sleep: wall,
  now: Date.now,
};

/**
 * Commands that are not answered yet. One at a time per conversation, so that one's own messages keep their order;
 * each is repeated with the same id until the server says yes or a no that is final.
 */
export class Outbox {
  /** The last command of each conversation: the next one waits for it. */
  private readonly tails = new Map<string, Promise<unknown>>();
  private closed = false;

  constructor(
    private readonly link: CommandLink,
    private readonly options: OutboxOptions = defaultOutboxOptions,
  ) {}

  /** @throws RequestFailed */
  submit<Name extends ConversationCommand>(
    command: Name,
    body: SocketCommandBody<Name>,
  ): Promise<SocketCommandData<Name>> {
    const { conversationId } = body;
    const before = this.tails.get(conversationId);
    const attempt: Attempt<Name> = { command, body };
    const result = before ? before.then(() => this.deliver(attempt)) : this.deliver(attempt);
    const tail = result
      .then(
        () => undefined,
        () => undefined,
      )
      .finally(() => {
        if (this.tails.get(conversationId) === tail) this.tails.delete(conversationId);
      });
    this.tails.set(conversationId, tail);
    return result;
  }

  /** Conversations with unanswered commands. */
  get size(): number {
    return this.tails.size;
  }

  /** Commands that still wait are given up. */
  close(): void {
    this.closed = true;
  }

  private async deliver<Name extends ConversationCommand>(
    attempt: Attempt<Name>,
  ): Promise<SocketCommandData<Name>> {
    const begun = this.options.now();
    let mayHaveHappened = false;
    for (let failures = 1; ; failures += 1) {
      await this.link.online();
      if (this.closed) throw new RequestFailed(givenUp(mayHaveHappened), !mayHaveHappened);
      const answer = await this.link.attempt(attempt);
      if (answer.ok) return answer.data;
      const { error } = answer;
      mayHaveHappened ||= error.outcome === 'unknown';
      if (isStoredRefusal(error)) throw new RequestFailed(error, true);
      const outOfTime = this.options.now() - begun >= this.options.giveUpAfterMs;
      if (outOfTime || this.closed || !mayBeRepeated(error)) throw failure(error, mayHaveHappened);
      const refusal = error.code === 'UNAUTHENTICATED' ? await this.renew() : undefined;
      if (refusal) throw failure(refusal, mayHaveHappened);
      await this.options.sleep(waitAfter(this.options.backoff, failures, error.retryAfterMs));
    }
  }

  /**
   * Gets the refusal of the new token, if it is final. Anything else that goes wrong, such as a token provider
   * without a network, passes: the next attempt is refused again and asks for another token.
   */
  private async renew(): Promise<ErrorBody | undefined> {
    try {
      await this.link.renew();
    } catch (error) {
      if (error instanceof RequestFailed && !error.retryable) return error.body;
    }
    return undefined;
  }
}

const mayBeRepeated = (error: ErrorBody): boolean => error.retryable || error.code === 'UNAUTHENTICATED';

const givenUp = (mayHaveHappened: boolean): ErrorBody =>
  noAnswer('UNAVAILABLE', 'the client was closed', mayHaveHappened ? 'unknown' : 'none');

/** A no to this attempt says nothing about an earlier one that is still on its way. */
const failure = (error: ErrorBody, mayHaveHappened: boolean): RequestFailed =>
  new RequestFailed(mayHaveHappened ? { ...error, outcome: 'unknown' } : error, !mayHaveHappened);
