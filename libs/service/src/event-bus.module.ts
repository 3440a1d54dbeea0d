import { type DynamicModule, Module, type OnApplicationShutdown } from '@nestjs/common';
import {
  BackgroundPublisher,
  type EventBus,
  GroupConsumer,
  LogReader,
  Publisher,
  TopicAdmin,
} from '@parley/event-bus';

class BusClosing implements OnApplicationShutdown {
  constructor(private readonly bus: EventBus) {}

  onApplicationShutdown(): Promise<void> {
    return this.bus.close();
  }
}

/**
 * Provides the ports of one bus to all modules of the process, and closes it after all of them have been shut down
 * (global modules come last). Consumers stop in `onApplicationShutdown` or before.
 */
@Module({})
export class EventBusModule {
  static register(bus: EventBus): DynamicModule {
    const ports = [
      { provide: Publisher, useValue: bus.publisher },
      { provide: BackgroundPublisher, useValue: bus.background },
      { provide: GroupConsumer, useValue: bus.consumer },
      { provide: LogReader, useValue: bus.reader },
      { provide: TopicAdmin, useValue: bus.topics },
    ];
    return {
      module: EventBusModule,
      global: true,
      providers: [...ports, { provide: BusClosing, useFactory: () => new BusClosing(bus) }],
      exports: [Publisher, BackgroundPublisher, GroupConsumer, LogReader, TopicAdmin],
    };
  }
}
