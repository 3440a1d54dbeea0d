import type { ConversationEventName, ConversationEvents } from '../socket/socket-events.js';

/** One record of the public log `conversation.events`; key: the conversation's id. */
export interface ConversationEventRecord<Name extends ConversationEventName = ConversationEventName> {
  event: Name;
  /** Version of this contract; only additions within one. */
  contract: 1;
  occurredAt: string;
  /** Who did it; nobody (the nil UUID) where it is republished. */
  actorId: string;
  /** Emitted again after a crash or for a repair: apply it, announce nothing. */
  republished?: true;
  body: ConversationEvents[Name];
}

/**
 * Wraps an event body that was serialised before, without parsing it.
 * @param body JSON of the event
 */
export function encodeConversationEvent(
  head: { event: ConversationEventName; occurredAt: string; actorId: string; republished?: boolean },
  body: string,
): string {
  const mark = head.republished ? '"republished":true,' : '';
  return `{"event":"${head.event}","contract":1,"occurredAt":"${head.occurredAt}","actorId":"${head.actorId}",${mark}"body":${body}}`;
}
