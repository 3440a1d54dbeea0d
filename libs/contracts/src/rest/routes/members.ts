import { memberAddSchema } from '../../commands/member-add.js';
import { memberUpdateSchema } from '../../commands/member-update.js';
import { memberSchema } from '../../entities/member.js';
import { changedMembersSchema } from '../members.js';
import { pageQuerySchema, pageSchema } from '../page.js';
import { conversationPathSchema, memberPathSchema } from '../paths.js';
import { defineRoutes } from './route.js';

const service = 'message';

export const memberRoutes = defineRoutes({
  listMembers: {
    service,
    method: 'GET',
    path: '/v1/conversations/{id}/members',
    summary: 'The members of a conversation.',
    params: conversationPathSchema,
    query: pageQuerySchema,
    status: 200,
    answer: pageSchema(memberSchema),
    refusals: ['NOT_FOUND'],
  },
  addMembers: {
    service,
    method: 'POST',
    path: '/v1/conversations/{id}/members',
    summary: 'Adds people to a group; answers those who joined by it.',
    description: 'For owners and admins. Who is a member already stays as they are.',
    idempotencyKey: true,
    params: conversationPathSchema,
    body: memberAddSchema,
    status: 201,
    answer: changedMembersSchema,
    refusals: ['FORBIDDEN', 'NOT_FOUND', 'CONFLICT'],
  },
  updateMember: {
    service,
    method: 'PATCH',
    path: '/v1/conversations/{id}/members/{userId}',
    summary: "Changes a member's role; answers whoever's role changed.",
    description: 'For owners.',
    idempotencyKey: true,
    params: memberPathSchema,
    body: memberUpdateSchema,
    status: 200,
    answer: changedMembersSchema,
    refusals: ['FORBIDDEN', 'NOT_FOUND', 'CONFLICT'],
  },
  removeMember: {
    service,
    method: 'DELETE',
    path: '/v1/conversations/{id}/members/{userId}',
    summary: 'Removes a member, or leaves: answers who left, and whoever became owner by it.',
    description: 'Everybody may remove themselves; owners and admins others.',
    idempotencyKey: true,
    params: memberPathSchema,
    status: 200,
    answer: changedMembersSchema,
    refusals: ['FORBIDDEN', 'NOT_FOUND', 'CONFLICT'],
  },
});
