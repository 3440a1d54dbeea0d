const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** How many partitions the topics of conversations and users have: fixed at creation, asserted at start. */
export const defaultPartitions = 12;

/** What the event bus needs to know of a topic. */
export interface Topic {
  readonly name: string;
  readonly partitions: number;
  readonly retentionMs: number;
  /** Keeps the last record of each key. */
  readonly compacted?: true;
  /** Everything that one publish holds for a partition travels as one record: cost is per request and record. */
  readonly bundled?: true;
  /** The broker stamps records, so that no process's clock decides anything. */
  readonly brokerTime?: true;
}

const conversationTopic = { partitions: defaultPartitions, brokerTime: true } as const;

export const topics = {
  conversationCommands: {
    ...conversationTopic,
    name: 'conversation.commands',
    retentionMs: 7 * day,
    bundled: true,
  },
  /** Receipts and typing: worth little after a while, and never in the way of a message. */
  conversationSignals: {
    ...conversationTopic,
    name: 'conversation.signals',
    retentionMs: 6 * hour,
    bundled: true,
  },
  conversationEvents: { ...conversationTopic, name: 'conversation.events', retentionMs: 7 * day },
  accountEvents: {
    name: 'account.events',
    partitions: defaultPartitions,
    retentionMs: 7 * day,
    brokerTime: true,
  },
  presenceChanges: {
    name: 'presence.changes',
    partitions: defaultPartitions,
    retentionMs: hour,
    bundled: true,
    brokerTime: true,
  },
  sessions: { name: 'sessions', partitions: defaultPartitions, retentionMs: day, compacted: true },
  instances: { name: 'instances', partitions: 1, retentionMs: day, brokerTime: true },
} as const satisfies Record<string, Topic>;

/** The inbox of one process: `gateway-0`, `message-1` …; read from the latest offset by the one process in that slot. */
export function inboxTopic(slot: string): Topic {
  return { name: `inbox.${slot}`, partitions: 1, retentionMs: 10 * minute, bundled: true };
}

/** Records of `topic` that could not be handled; people read it. */
export function deadLetterTopic(topic: string): Topic {
  return { name: `${topic}.dead-letter`, partitions: 1, retentionMs: 28 * day };
}
