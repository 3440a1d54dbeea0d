import type { BackgroundPublisher } from './background-publisher.js';
import type { GroupConsumer } from './group-consumer.js';
import type { LogReader } from './log-reader.js';
import type { Publisher } from './publisher.js';
import type { TopicAdmin } from './topic-admin.js';

/** The ports of one connection to the log, Kafka's or the one in memory. */
export interface EventBus {
  readonly publisher: Publisher;
  readonly background: BackgroundPublisher;
  readonly consumer: GroupConsumer;
  readonly reader: LogReader;
  readonly topics: TopicAdmin;
  close(): Promise<void>;
}
