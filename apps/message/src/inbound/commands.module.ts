import { Global, Module } from '@nestjs/common';
import { GroupConsumer, LogReader, Publisher, TopicAdmin } from '@parley/event-bus';
import { Log, Readiness, Registry } from '@parley/service';
import {
  InstanceLog,
  LivenessObserver,
  PendingRequests,
  ProcessLife,
  SessionDirectory,
} from '@parley/sessions';
import pg from 'pg';
import { MessageConfig } from '../config.js';
import { MessageLife } from '../liveness/message-life.js';
import { SentMarks } from '../receipts/sent-marks.js';
import { BrokerClock } from './broker-clock.js';
import { ExpiredResults } from '../messages/expired-results.js';
import { CommandMetrics } from './command-metrics.js';
import { CommandProcessing } from './command-processing.js';
import { CommandSender } from './command-sender.js';
import { InboxReplies } from './inbox-replies.js';

/** The command log's consumer and its producer for REST, which is why it is global, with what they know of other processes. */
@Global()
@Module({
  providers: [
    MessageLife,
    InboxReplies,
    ExpiredResults,
    SentMarks,
    {
      provide: CommandMetrics,
      inject: [Registry],
      useFactory: (registry: Registry) => new CommandMetrics(registry),
    },
    { provide: BrokerClock, useFactory: () => new BrokerClock() },
    { provide: PendingRequests, useFactory: () => new PendingRequests() },
    {
      provide: InstanceLog,
      inject: [LogReader, TopicAdmin, BrokerClock, Log],
      useFactory: (reader: LogReader, topics: TopicAdmin, clock: BrokerClock, log: Log) => {
        const instances = new InstanceLog({ reader, topics }, log);
        // Heartbeats keep the clock right where no commands come.
        instances.listen({ onRead: (_, timestamp) => clock.observe(timestamp) });
        return instances;
      },
    },
    {
      provide: SessionDirectory,
      inject: [LogReader, TopicAdmin, InstanceLog, Log],
      useFactory: (reader: LogReader, topics: TopicAdmin, instances: InstanceLog, log: Log) =>
        new SessionDirectory({ reader, topics }, instances, log),
    },
    {
      provide: LivenessObserver,
      inject: [Publisher, TopicAdmin, InstanceLog, SessionDirectory, Log],
      useFactory: (
        publisher: Publisher,
        topics: TopicAdmin,
        instances: InstanceLog,
        directory: SessionDirectory,
        log: Log,
      ) => new LivenessObserver({ bus: { publisher, topics }, instances, directory, log }),
    },
    {
      provide: ProcessLife,
      inject: [MessageConfig, Publisher, LogReader, TopicAdmin, InboxReplies, Log, Readiness],
      useFactory: (
        config: MessageConfig,
        publisher: Publisher,
        reader: LogReader,
        topics: TopicAdmin,
        replies: InboxReplies,
        log: Log,
        readiness: Readiness,
      ) => {
        const { slot } = config;
        const life = new ProcessLife(
          { slot, service: 'message' },
          { publisher, reader, topics },
          replies,
          log,
        );
        readiness.register('inbox', () => {
          if (!life.hearing) throw new Error('this process does not hear itself in its inbox');
        });
        return life;
      },
    },
    {
      provide: CommandSender,
      inject: [Publisher, ProcessLife, PendingRequests],
      useFactory: (publisher: Publisher, life: ProcessLife, pending: PendingRequests) =>
        new CommandSender(publisher, life, pending),
    },
    {
      provide: CommandProcessing,
      inject: [
        MessageConfig,
        pg.Pool,
        Publisher,
        GroupConsumer,
        TopicAdmin,
        SessionDirectory,
        InstanceLog,
        BrokerClock,
        Log,
        CommandMetrics,
        SentMarks,
      ],
      useFactory: (
        { spacingMs, cachedMembers }: MessageConfig,
        pool: pg.Pool,
        publisher: Publisher,
        consumer: GroupConsumer,
        topics: TopicAdmin,
        sessions: SessionDirectory,
        lives: InstanceLog,
        clock: BrokerClock,
        log: Log,
        metrics: CommandMetrics,
        sent: SentMarks,
      ) =>
        new CommandProcessing({
          pool,
          bus: { publisher, consumer, topics },
          sessions,
          lives,
          clock,
          log,
          metrics,
          spacingMs,
          cachedMembers,
          sent,
        }),
    },
  ],
  exports: [
    CommandSender,
    SessionDirectory,
    InstanceLog,
    ProcessLife,
    PendingRequests,
    BrokerClock,
    SentMarks,
  ],
})
export class CommandsModule {}
