import {
  type Ack,
  type CommandKind,
  type CommandOf,
  type Conversation,
  type Member,
  type MessageChanged,
  type MessageSent,
  type Origin,
  Refusal,
  timing,
  topics,
} from '@parley/contracts';
import { type Publisher } from '@parley/event-bus';

/** What the ack of each kind of command carries. */
export interface CommandData {
  'message.send': MessageSent;
  'message.edit': MessageChanged;
  'message.delete': MessageChanged;
  'reaction.set': MessageChanged;
  /** `members` only where it came to be by this command. */
  'conversation.create': { conversation: Conversation; members?: Member[] };
  'conversation.update': { conversation: Conversation };
  /** Those who joined; who was a member already is not among them. */
  'member.add': { members: Member[] };
  'member.update': { members: Member[] };
  /** Who left, and whoever became owner by it. */
  'member.remove': { members: Member[] };
  /** The direct conversation of the two; `members` only where it came to be by this command. */
  'user.block': { conversation: Conversation; members?: Member[] };
  /** Empty where they have none. */
  'user.unblock': { conversation?: Conversation };
}

export type CommandWish<Kind extends CommandKind> = Omit<CommandOf<Kind>, 'origin'>;

/** Requests of this process that wait for a reply in its inbox. */
export interface WaitingRequests {
  openPromise(): { request: number; ack: Promise<Buffer> };
  cancel(request: number): void;
}

/** REST's way to change a conversation: the same command log that sockets write to, so that there is one order. */
export class CommandSender {
  constructor(
    private readonly publisher: Publisher,
    private readonly process: { readonly slot: string; readonly incarnation: number },
    private readonly waiting: WaitingRequests,
  ) {}

  /**
   * Appends the command to the log and waits for its answer, at most 5 s.
   * @returns the answer, a refusal included
   * @throws Refusal `TIMEOUT` or `UNAVAILABLE`, both with outcome `unknown`
   */
  async submit<Kind extends CommandKind>(wish: CommandWish<Kind>): Promise<Ack<CommandData[Kind]>> {
    const { request, ack } = this.waiting.openPromise();
    // It may time out while the publish is still under way; whoever awaits it below is told.
    ack.catch(() => undefined);
    const { slot, incarnation } = this.process;
    const origin: Origin = { slot, incarnation, session: null, request };
    const value = JSON.stringify({ ...wish, origin });
    const record = { topic: topics.conversationCommands.name, key: wish.conversationId, value };
    try {
      await this.publisher.publish([record], { timeoutMs: timing.produceTimeoutMs });
    } catch (error) {
      this.waiting.cancel(request);
      throw new Refusal('UNAVAILABLE', 'The log does not answer: try again with the same id.', {
        outcome: 'unknown',
        cause: error,
      });
    }
    return JSON.parse((await ack).toString('utf8')) as Ack<CommandData[Kind]>;
  }
}
