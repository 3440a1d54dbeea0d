import type { EventBus } from '../ports/event-bus.js';
import { type BusUnderTest, describeEventBus } from '../testing/index.js';
import { createMemoryBus } from './create-memory-bus.js';

describeEventBus('the bus in memory', (): BusUnderTest => {
  const bus = createMemoryBus();
  // All "processes" of a test live in one: they share the log, and it ends with the last of them.
  const connection: EventBus = { ...bus };
  return {
    connect: async () => connection,
    dropBefore: async (topic, partition, offset) => bus.dropBefore(topic, partition, offset),
  };
});
