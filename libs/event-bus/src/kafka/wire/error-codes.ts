import { createErrorFromCode } from './kafkajs-internals.js';

/** The protocol's error codes that something here decides by. */
export const errorCode = {
  none: 0,
  offsetOutOfRange: 1,
  unknownTopicOrPartition: 3,
  requestTimedOut: 7,
  illegalGeneration: 22,
  unknownMemberId: 25,
  rebalanceInProgress: 27,
  topicAlreadyExists: 36,
  memberIdRequired: 79,
} as const;

/** A broker's answer that is no success. */
export class BrokerError extends Error {
  readonly retriable: boolean;
  /** The protocol's name of it: NOT_LEADER_FOR_PARTITION … */
  readonly type: string;

  constructor(
    readonly code: number,
    what: string,
  ) {
    const { message, type, retriable } = createErrorFromCode(code);
    super(`${what}: ${message} (${type})`);
    this.name = 'BrokerError';
    this.type = type;
    this.retriable = retriable;
  }
}

export function throwIfError(code: number, what: string): void {
  if (code !== errorCode.none) throw new BrokerError(code, what);
}
