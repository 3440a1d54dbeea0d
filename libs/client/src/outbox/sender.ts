import { type ErrorBody, type SocketCommandData } from '@parley/contracts';
import { type Backoff, waitAfter } from '../backoff.js';
import { isStoredRefusal, noAnswer, RequestFailed } from '../failure.js';
import { type Attempt, type CommandLink, type ConversationCommand } from './commands.js';

export interface OutboxOptions {
  readonly backoff: Backoff;
  /** After this long a command is given up; its outcome may be unknown then. Infinity keeps trying. */
  readonly giveUpAfterMs: number;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** Milliseconds of a clock that nobody sets. */
  readonly now: () => number;
}

const wall = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

export const defaultOutboxOptions: OutboxOptions = {
  backoff: { firstMs: 100, mostMs: 5_000 },
  giveUpAfterMs: Number.POSITIVE_INFINITY,
  sleep: wall,
  now: () => performance.now(),
};

/** Ends the wait for an answer, not the command: what is kept in a store goes out with the next client. */
export class SenderClosed extends RequestFailed {
  constructor() {
    super(noAnswer('UNAVAILABLE', 'the client was closed', 'unknown'), false);
  }
}

/**
 * Gets commands done. One at a time per conversation, so that one's own messages keep their order; each is repeated
 * with the same id until the server says yes or a no that is final.
 */
export class Sender {
  /** The last command of each conversation: the next one waits for it. */
  private readonly tails = new Map<string, Promise<unknown>>();
  /** Which of the times between two stops it is. */
  private run = 0;

  constructor(
    private readonly link: CommandLink,
    private readonly options: OutboxOptions = defaultOutboxOptions,
  ) {}

  /**
   * @param mayHaveHappened true where an earlier attempt, such as one before a restart, may have got through
   * @throws RequestFailed
   */
  submit<Name extends ConversationCommand>(
    attempt: Attempt<Name>,
    mayHaveHappened = false,
  ): Promise<SocketCommandData<Name>> {
    const { conversationId } = attempt.body;
    const before = this.tails.get(conversationId);
    const { run } = this;
    const stopped = (): boolean => run !== this.run;
    const deliver = () => this.deliver(attempt, mayHaveHappened, stopped);
    const result = before ? before.then(deliver) : deliver();
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

  /** Nothing more is sent of what was submitted so far. */
  stop(): void {
    this.run += 1;
    this.tails.clear();
  }

  private async deliver<Name extends ConversationCommand>(
    attempt: Attempt<Name>,
    attempted: boolean,
    stopped: () => boolean,
  ): Promise<SocketCommandData<Name>> {
    const begun = this.options.now();
    let mayHaveHappened = attempted;
    for (let failures = 1; ; failures += 1) {
      if (!stopped()) await this.link.online();
      if (stopped()) throw new SenderClosed();
      const answer = await this.link.attempt(attempt);
      if (answer.ok) return answer.data;
      const { error } = answer;
      mayHaveHappened ||= error.outcome === 'unknown';
      if (isStoredRefusal(error)) throw new RequestFailed(error, true);
      if (stopped()) throw new SenderClosed();
      const outOfTime = this.options.now() - begun >= this.options.giveUpAfterMs;
      if (outOfTime || !mayBeRepeated(error)) throw failure(error, mayHaveHappened);
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

/** A no to this attempt says nothing about an earlier one that is still on its way. */
const failure = (error: ErrorBody, mayHaveHappened: boolean): RequestFailed =>
  new RequestFailed(mayHaveHappened ? { ...error, outcome: 'unknown' } : error, !mayHaveHappened);
