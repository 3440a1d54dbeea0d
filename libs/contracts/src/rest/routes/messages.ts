import { messageSchema } from '../../entities/message.js';
import { messageChangedSchema, messageSentSchema } from '../../socket/socket-commands.js';
import { historyQuerySchema, messagePatchSchema, messagePostSchema } from '../messages.js';
import { pageSchema } from '../page.js';
import { conversationPathSchema, messagePathSchema, reactionPathSchema } from '../paths.js';
import { defineRoutes } from './route.js';

const service = 'message';

export const messageRoutes = defineRoutes({
  listMessages: {
    service,
    method: 'GET',
    path: '/v1/conversations/{id}/messages',
    summary: 'A page of history, ascending by seq; without bounds the newest one.',
    description:
      'Takes one of beforeSeq, afterSeq and cursor; bounds are exclusive. `nextCursor` goes on in the same direction: to older messages, or after `afterSeq` to newer ones.',
    params: conversationPathSchema,
    query: historyQuerySchema,
    status: 200,
    answer: pageSchema(messageSchema),
    refusals: ['NOT_FOUND'],
  },
  sendMessage: {
    service,
    method: 'POST',
    path: '/v1/conversations/{id}/messages',
    summary: 'Sends a message, as `message.send` does over the socket.',
    description:
      'The client mints the id of the message; the same id again is the same message, and is answered with what was stored first.',
    params: conversationPathSchema,
    body: messagePostSchema,
    status: 201,
    answer: messageSentSchema,
    refusals: ['FORBIDDEN', 'NOT_FOUND', 'CONFLICT', 'TIMEOUT'],
  },
  editMessage: {
    service,
    method: 'PATCH',
    path: '/v1/conversations/{id}/messages/{messageId}',
    summary: 'Replaces the text of a message of the caller.',
    idempotencyKey: true,
    params: messagePathSchema,
    body: messagePatchSchema,
    status: 200,
    answer: messageChangedSchema,
    refusals: ['FORBIDDEN', 'NOT_FOUND', 'CONFLICT'],
  },
  deleteMessage: {
    service,
    method: 'DELETE',
    path: '/v1/conversations/{id}/messages/{messageId}',
    summary: 'Deletes a message, which leaves a tombstone; twice is once.',
    description: 'Everybody may delete their own messages; owners and admins those of others.',
    idempotencyKey: true,
    params: messagePathSchema,
    status: 200,
    answer: messageChangedSchema,
    refusals: ['FORBIDDEN', 'NOT_FOUND', 'CONFLICT'],
  },
  addReaction: {
    service,
    method: 'PUT',
    path: '/v1/conversations/{id}/messages/{messageId}/reactions/{emoji}',
    summary: 'Puts an emoji to a message; twice is once.',
    idempotencyKey: true,
    params: reactionPathSchema,
    status: 200,
    answer: messageChangedSchema,
    refusals: ['FORBIDDEN', 'NOT_FOUND', 'CONFLICT', 'TOO_LARGE'],
  },
  removeReaction: {
    service,
    method: 'DELETE',
    path: '/v1/conversations/{id}/messages/{messageId}/reactions/{emoji}',
    summary: "Takes the caller's emoji back from a message; twice is once.",
    idempotencyKey: true,
    params: reactionPathSchema,
    status: 200,
    answer: messageChangedSchema,
    refusals: ['FORBIDDEN', 'NOT_FOUND', 'CONFLICT'],
  },
});
