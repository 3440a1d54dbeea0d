export * from './ports/records.js';
export * from './ports/publisher.js';
export * from './ports/background-publisher.js';
export * from './ports/group-consumer.js';
export * from './ports/log-reader.js';
export * from './ports/topic-admin.js';
export * from './ports/event-bus.js';
export { type BusLog } from './bus-log.js';
export { partitionOf } from './partitioning/partition-of.js';
export { createMemoryBus, type MemoryBus, type MemoryBusOptions } from './memory/create-memory-bus.js';
export { producerAcks } from './kafka/wire/encode-produce.js';
export { createKafkaBus, type KafkaBusOptions } from './kafka/create-kafka-bus.js';
export { Backoff, type BackoffOptions } from './consuming/backoff.js';
export {
  type DeadLetter,
  DeadLetters,
  deadLetterTopicOf,
  type FailedRecord,
  toDeadLetterRecord,
} from './middleware/dead-letters.js';
export { eachRecord, type EachRecordOptions } from './middleware/each-record.js';
export { type Append, OrderedPublisher, type OrderedPublisherOptions } from './ordering/ordered-publisher.js';
export { realTime, Spacing, type SpacingTime } from './ordering/spacing.js';
