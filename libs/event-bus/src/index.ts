export * from './ports/records.js';
export * from './ports/publisher.js';
export * from './ports/group-consumer.js';
export * from './ports/log-reader.js';
export * from './ports/topic-admin.js';
export * from './ports/event-bus.js';
