import { z } from 'zod';
import {
  type ConversationEventName,
  conversationEvents,
  type ConversationEvents,
} from '../socket/socket-events.js';
import { idSchema, republishedSchema, timestampSchema } from '../values.js';

/** One record of the public log `conversation.events`; key: the conversation's id. */
export function conversationEventRecordSchema<Name extends ConversationEventName>(name: Name) {
  return z.object({
    event: z.literal(name),
    contract: z.literal(1).describe('Version of this contract; only additions within one.'),
    occurredAt: timestampSchema,
    actorId: idSchema.describe('Who did it; nobody (the nil UUID) where it is republished.'),
    republished: republishedSchema.exactOptional(),
    body: conversationEvents[name],
  });
}
export type ConversationEventRecord<Name extends ConversationEventName = ConversationEventName> = Omit<
  z.infer<ReturnType<typeof conversationEventRecordSchema<Name>>>,
  'event' | 'body'
> & { event: Name; body: ConversationEvents[Name] };

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
