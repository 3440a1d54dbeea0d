import { conversationCreateSchema } from '../../commands/conversation-create.js';
import { conversationUpdateSchema } from '../../commands/conversation-update.js';
import { conversationSchema } from '../../entities/conversation.js';
import { listedConversationSchema } from '../conversations.js';
import { pageQuerySchema, pageSchema } from '../page.js';
import { conversationPathSchema } from '../paths.js';
import { defineRoutes } from './route.js';

const service = 'message';

export const conversationRoutes = defineRoutes({
  createConversation: {
    service,
    method: 'POST',
    path: '/v1/conversations',
    summary: 'Creates a group, or opens the conversation with one person.',
    description:
      'Direct: `{"kind": "direct", "userId"}`; it is one, whoever creates it and however often. Group: `{"kind": "group", "id", "name", "memberIds"}`; the client mints the id, the caller becomes owner and is not named among the members.',
    idempotencyKey: true,
    body: conversationCreateSchema,
    status: 201,
    answer: conversationSchema,
    refusals: ['NOT_FOUND', 'CONFLICT'],
  },
  listConversations: {
    service,
    method: 'GET',
    path: '/v1/conversations',
    summary: "The caller's conversations, most recent first.",
    query: pageQuerySchema,
    status: 200,
    answer: pageSchema(listedConversationSchema),
  },
  getConversation: {
    service,
    method: 'GET',
    path: '/v1/conversations/{id}',
    summary: 'One conversation of the caller.',
    params: conversationPathSchema,
    status: 200,
    answer: listedConversationSchema,
    refusals: ['NOT_FOUND'],
  },
  updateConversation: {
    service,
    method: 'PATCH',
    path: '/v1/conversations/{id}',
    summary: 'Changes the name or the settings of a group.',
    description: 'For owners and admins.',
    idempotencyKey: true,
    params: conversationPathSchema,
    body: conversationUpdateSchema,
    status: 200,
    answer: conversationSchema,
    refusals: ['FORBIDDEN', 'NOT_FOUND', 'CONFLICT'],
  },
});
