export * from './ports/records.js';
export * from './ports/publisher.js';
export * from './ports/group-consumer.js';
export * from './ports/log-reader.js';
export * from './ports/topic-admin.js';
export * from './ports/event-bus.js';
export { type BusLog } from './bus-log.js';
export { partitionOf } from './partitioning/partition-of.js';
export { createMemoryBus, type MemoryBus, type MemoryBusOptions } from './memory/create-memory-bus.js';
