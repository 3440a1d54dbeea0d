import { type GroupConsumer, partitionOf, type Publisher, Spacing, type TopicAdmin } from '@parley/event-bus';
import { type Log } from '@parley/service';
import { type Pool } from 'pg';
import { deadLetterTopic, topics } from '@parley/contracts';
import { AddMembers } from '../conversations/add-members.js';
import { BlockUser } from '../conversations/block-user.js';
import { type CommandHandlers } from '../conversations/command-handler.js';
import { ConversationCache } from '../conversations/conversation-cache.js';
import { CreateConversation } from '../conversations/create-conversation.js';
import { CommandPerformer } from '../conversations/perform-command.js';
import { RemoveMember } from '../conversations/remove-member.js';
import { UnblockUser } from '../conversations/unblock-user.js';
import { UpdateConversation } from '../conversations/update-conversation.js';
import { UpdateMember } from '../conversations/update-member.js';
import { Announcer } from '../delivery/announcer.js';
import { type EndedLives, Outbox } from '../delivery/outbox.js';
import { type ConnectedSessions, Routes } from '../delivery/routes.js';
import { SendAnswers } from '../messages/answers.js';
import { DedicatedConnection } from '../messages/dedicated-connection.js';
import { DeleteMessage } from '../messages/delete-message.js';
import { EditMessage } from '../messages/edit-message.js';
import { SendDecider } from '../messages/send-decider.js';
import { SetReaction } from '../messages/set-reaction.js';
import { type SentMarks } from '../receipts/sent-marks.js';
import { type BrokerClock } from './broker-clock.js';
import { CommandConsumer } from './command-consumer.js';
import { type CommandMetrics } from './command-metrics.js';
import { CommandRejections } from './command-rejections.js';
import { CommandRounds } from './command-rounds.js';
import { DeadCommands } from './dead-commands.js';
import { RoundParts } from './round-parts.js';
import { SingleDecider } from './single-decider.js';

const handlers: CommandHandlers = {
  'message.edit': new EditMessage(),
  'message.delete': new DeleteMessage(),
  'reaction.set': new SetReaction(),
  'conversation.create': new CreateConversation(),
  'conversation.update': new UpdateConversation(),
  'member.add': new AddMembers(),
  'member.update': new UpdateMember(),
  'member.remove': new RemoveMember(),
  'user.block': new BlockUser(),
  'user.unblock': new UnblockUser(),
};

export interface CommandProcessingParts {
  readonly pool: Pool;
  readonly bus: {
    readonly publisher: Publisher;
    readonly consumer: GroupConsumer;
    readonly topics: TopicAdmin;
  };
  readonly sessions: ConnectedSessions;
  readonly lives: EndedLives;
  readonly clock: BrokerClock;
  readonly log: Log;
  readonly metrics: CommandMetrics;
  /** Between the beginnings of two small rounds, milliseconds; 0 where a statement and a publish are cheap. */
  readonly spacingMs: number;
  /** Members of all cached conversations together. */
  readonly cachedMembers: number;
  /** Told of what is stored; nothing waits for it. */
  readonly sent: SentMarks;
}

/** Everything between the command log and what goes out, put together. */
export class CommandProcessing {
  private readonly cache: ConversationCache;
  private readonly connection: DedicatedConnection;
  private readonly consumer: CommandConsumer;

  constructor(private readonly parts: CommandProcessingParts) {
    const { pool, bus, clock, log, metrics } = parts;
    this.cache = new ConversationCache(parts.cachedMembers);
    this.connection = new DedicatedConnection(pool, log);
    const announcer = new Announcer(new Routes(parts.sessions));
    const outbox = new Outbox(bus.publisher, bus.topics, parts.lives, log, {
      metrics,
    });
    const dead = new DeadCommands(announcer, log);
    const answers = new SendAnswers(announcer, parts.sent);
    const sends = new SendDecider(this.connection, this.cache, answers, dead, metrics);
    const performer = new CommandPerformer(pool, this.cache, handlers, announcer, clock);
    const singles = new SingleDecider(performer, dead);
    const roundParts = new RoundParts(this.connection, this.cache, clock, sends, singles);
    const spacing = new Spacing(parts.spacingMs);
    const rounds = new CommandRounds(roundParts, outbox, metrics, spacing, log);
    const rejections = new CommandRejections(outbox, announcer, metrics);
    this.consumer = new CommandConsumer(bus.consumer, rounds, rejections, clock);
  }

  /** @param onAssigned told which partitions of the command log this process owns, after each change */
  async start(onAssigned: (partitions: ReadonlySet<number>) => void = () => undefined): Promise<void> {
    const { conversationCommands, conversationEvents } = topics;
    await this.parts.bus.topics.ensure([
      conversationCommands,
      conversationEvents,
      deadLetterTopic(conversationCommands.name),
    ]);
    await this.consumer.start((owned) => {
      // What another process changes meanwhile is not seen here; the fence would notice, one round later.
      this.cache.keepOnly((id) => owned.has(partitionOf(id, conversationCommands.partitions)));
      onAssigned(owned);
    });
  }

  /** Takes no further commands, and resolves when all that was taken is decided and published. */
  async stop(): Promise<void> {
    await this.consumer.stop();
    this.connection.close();
  }
}
