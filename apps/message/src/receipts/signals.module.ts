import { Module, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { BackgroundPublisher, GroupConsumer, TopicAdmin } from '@parley/event-bus';
import { Log, Registry } from '@parley/service';
import { InstanceLog, PendingRequests, ProcessLife, SessionDirectory } from '@parley/sessions';
import pg from 'pg';
import { BrokerClock } from '../inbound/broker-clock.js';
import { CommandsModule } from '../inbound/commands.module.js';
import { OwnReceipts } from './own-receipts.js';
import { ReceiptReader } from './receipt-reader.js';
import { ReceiptsController } from './receipts.controller.js';
import { SentMarks } from './sent-marks.js';
import { SignalMetrics } from './signal-metrics.js';
import { SignalProcessing } from './signal-processing.js';

/** Begins after the command log's side, which knows by then who is connected, and ends before it. */
class SignalLife implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(private readonly processing: SignalProcessing) {}

  onApplicationBootstrap(): Promise<void> {
    return this.processing.start();
  }

  onApplicationShutdown(): Promise<void> {
    return this.processing.stop();
  }
}

/** Receipts and typing: the log of signals, and receipts over REST. */
@Module({
  imports: [CommandsModule],
  controllers: [ReceiptsController],
  providers: [
    ReceiptReader,
    {
      provide: OwnReceipts,
      inject: [ReceiptReader, BackgroundPublisher, ProcessLife, PendingRequests],
      useFactory: (
        reader: ReceiptReader,
        publisher: BackgroundPublisher,
        life: ProcessLife,
        pending: PendingRequests,
      ) => new OwnReceipts(reader, publisher, life, pending),
    },
    {
      provide: SignalLife,
      inject: [SignalProcessing],
      useFactory: (processing: SignalProcessing) => new SignalLife(processing),
    },
    {
      provide: SignalProcessing,
      inject: [
        pg.Pool,
        BackgroundPublisher,
        GroupConsumer,
        TopicAdmin,
        SessionDirectory,
        InstanceLog,
        BrokerClock,
        Log,
        Registry,
        SentMarks,
      ],
      useFactory: (
        pool: pg.Pool,
        publisher: BackgroundPublisher,
        consumer: GroupConsumer,
        topics: TopicAdmin,
        sessions: SessionDirectory,
        lives: InstanceLog,
        clock: BrokerClock,
        log: Log,
        registry: Registry,
        sent: SentMarks,
      ) =>
        new SignalProcessing({
          pool,
          bus: { publisher, consumer, topics },
          sessions,
          lives,
          clock,
          log,
          metrics: new SignalMetrics(registry),
          sent,
        }),
    },
  ],
})
export class SignalsModule {}
