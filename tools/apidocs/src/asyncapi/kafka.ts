import {
  accountEventRecordSchema,
  commandRecordSchema,
  conversationEventRecordSchema,
  type ConversationEventName,
  conversationEvents,
  deadLetterTopic,
  inboxTopic,
  instanceRecordSchema,
  presenceChangedSchema,
  sessionRecordSchema,
  signalRecordSchema,
  type Topic,
  topics,
} from '@parley/contracts';
import type { z } from 'zod';
import { descriptionOf, type Json, type JsonObject, type SchemaCollector } from '../schema-collector.js';
import type { Half } from './socket.js';

interface Log {
  readonly summary: string;
  /** What the key of a record is; null where there is none. */
  readonly key: string | null;
  /** Schemas of its records by name; text where they are no JSON. */
  readonly records: Readonly<Record<string, z.ZodType | string>>;
  /** A contract for consumers outside of Parley too: only additions within one version. */
  readonly isPublic?: true;
}

const conversationEventRecords = Object.fromEntries(
  (Object.keys(conversationEvents) as ConversationEventName[]).map((name) => [
    name,
    conversationEventRecordSchema(name).describe(descriptionOf(conversationEvents[name], name)),
  ]),
);

/** One for each topic of the table: a new topic does not compile without. */
const logs: Record<keyof typeof topics, Log> = {
  conversationCommands: {
    summary: 'What is wished of conversations, in the order in which it is decided: work queue and outbox.',
    key: 'conversationId',
    records: { command: commandRecordSchema.describe('One command.') },
  },
  conversationSignals: {
    summary: 'Receipts and typing: worth little after a while, and never in the way of a message.',
    key: 'conversationId',
    records: { signal: signalRecordSchema.describe('One signal.') },
  },
  conversationEvents: {
    summary: 'The public log of what happened in conversations.',
    key: 'conversationId',
    records: conversationEventRecords,
    isPublic: true,
  },
  accountEvents: {
    summary: 'The public log of what happened to accounts and devices.',
    key: 'userId',
    records: { event: accountEventRecordSchema.describe('One fact about an account.') },
    isPublic: true,
  },
  presenceChanges: {
    summary: 'Who came, went or was away.',
    key: 'userId',
    records: { change: presenceChangedSchema },
  },
  sessions: {
    summary: 'Every live session; a tombstone ends it. Partitioned by userId.',
    key: 'userId/sessionId',
    records: { session: sessionRecordSchema },
  },
  instances: {
    summary: 'Lives of processes: starts, heartbeats, ticks, deaths, in one order.',
    key: 'slot',
    records: { life: instanceRecordSchema.describe('One fact about a process.') },
  },
};

const inbox: Log = {
  summary: 'The inbox of one process, read from the latest offset by the one process in that slot.',
  key: null,
  records: {
    item: 'Fields separated by tabs: `ping`, `reply`, `deliver` or `died`, the incarnation that it is meant for, and what belongs to it.',
  },
};

const deadLetter: Log = {
  summary: 'Records of a topic that could not be handled, for people to read.',
  key: 'that of the record',
  records: {
    letter:
      'JSON: topic, partition, offset and index of the record, its key and value (base64), who could not handle it, how often it was tried, and why.',
  },
};

export function kafkaHalf(schemas: SchemaCollector): Half {
  const channels: Record<string, JsonObject> = {};
  const operations: Record<string, JsonObject> = {};
  for (const [name, topic] of Object.entries<Topic>(topics)) {
    const log = logs[name as keyof typeof topics];
    channels[topic.name] = channelOf(topic, log, schemas);
    operations[`log.${topic.name}`] = {
      action: 'send',
      channel: { $ref: `#/channels/${topic.name}` },
      title: topic.name,
      summary: log.summary,
    };
  }
  channels['inbox'] = {
    ...channelOf(inboxTopic('{slot}'), inbox, schemas),
    parameters: { slot: { description: 'The stable name of a process, such as `gateway-0`.' } },
  };
  channels['dead-letter'] = {
    ...channelOf(deadLetterTopic('{topic}'), deadLetter, schemas),
    parameters: { topic: { description: 'The topic that the record was read from.' } },
  };
  return { channels, operations };
}

function channelOf(topic: Topic, log: Log, schemas: SchemaCollector): JsonObject {
  const messages = Object.entries(log.records).map(([name, record]) => [
    name,
    recordOf(name, record, log, schemas),
  ]);
  return {
    address: topic.name,
    title: topic.name,
    summary: log.summary,
    description: traitsOf(topic, log),
    servers: [{ $ref: '#/servers/log' }],
    messages: Object.fromEntries(messages) as JsonObject,
    bindings: { kafka: kafkaBinding(topic) },
    'x-public': log.isPublic ?? false,
  };
}

function traitsOf(topic: Topic, { isPublic, key }: Log): string {
  return [
    isPublic ? 'Public: fields are only added.' : 'Internal: it may change with any version.',
    key === null ? 'Records have no key.' : `Key: ${key}.`,
    topic.bundled ? 'A record holds a JSON array of items: all that one publish had for the partition.' : '',
    topic.brokerTime ? "Timestamps are the broker's." : '',
  ]
    .filter((sentence) => sentence !== '')
    .join(' ');
}

function kafkaBinding(topic: Topic): JsonObject {
  return {
    ...(topic.name.includes('{') ? {} : { topic: topic.name }),
    partitions: topic.partitions,
    topicConfiguration: {
      'cleanup.policy': [topic.compacted ? 'compact' : 'delete'],
      ...(topic.compacted ? {} : { 'retention.ms': topic.retentionMs }),
    },
    bindingVersion: '0.5.0',
  };
}

function recordOf(name: string, record: z.ZodType | string, log: Log, schemas: SchemaCollector): JsonObject {
  const bindings: Json = {
    kafka: { key: { type: 'string', description: log.key ?? 'none' }, bindingVersion: '0.5.0' },
  };
  if (typeof record === 'string') {
    return {
      name,
      summary: record,
      contentType: 'text/plain',
      payload: { type: 'string' },
      ...(log.key && { bindings }),
    };
  }
  return {
    name,
    summary: descriptionOf(record, `${name} of ${log.summary}`),
    payload: schemas.use(record),
    ...(log.key === null ? {} : { bindings }),
  };
}
