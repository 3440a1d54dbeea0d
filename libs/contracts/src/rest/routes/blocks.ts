import { blockedUserPathSchema, blockSchema } from '../blocks.js';
import { pageQuerySchema, pageSchema } from '../page.js';
import { defineRoutes } from './route.js';

const service = 'message';

export const blockRoutes = defineRoutes({
  blockUser: {
    service,
    method: 'PUT',
    path: '/v1/users/me/blocks/{userId}',
    summary: 'Blocks somebody for direct messages: the two send each other none from now on.',
    description:
      'Blocking twice is blocking once. Groups of the two are not affected, and the other one is not told.',
    params: blockedUserPathSchema,
    status: 204,
    answer: null,
    refusals: ['NOT_FOUND', 'CONFLICT', 'TOO_LARGE'],
    idempotencyKey: true,
  },
  unblockUser: {
    service,
    method: 'DELETE',
    path: '/v1/users/me/blocks/{userId}',
    summary: 'Ends the block, if there is one.',
    params: blockedUserPathSchema,
    status: 204,
    answer: null,
    refusals: ['NOT_FOUND', 'CONFLICT'],
    idempotencyKey: true,
  },
  listBlocks: {
    service,
    method: 'GET',
    path: '/v1/users/me/blocks',
    summary: 'Whom the caller blocks, most recent first.',
    query: pageQuerySchema,
    status: 200,
    answer: pageSchema(blockSchema),
  },
});
