import { profileSchema, userSchema } from '../../entities/user.js';
import { pageSchema } from '../page.js';
import { userPathSchema } from '../paths.js';
import { userSearchSchema, userUpdateSchema } from '../users.js';
import { defineRoutes } from './route.js';

const service = 'message';

export const userRoutes = defineRoutes({
  getMe: {
    service,
    method: 'GET',
    path: '/v1/users/me',
    summary: 'Who the caller is.',
    status: 200,
    answer: profileSchema,
    refusals: ['NOT_FOUND'],
  },
  updateMe: {
    service,
    method: 'PATCH',
    path: '/v1/users/me',
    summary: "Changes the caller's profile or settings.",
    body: userUpdateSchema,
    status: 200,
    answer: profileSchema,
  },
  searchUsers: {
    service,
    method: 'GET',
    path: '/v1/users',
    summary:
      'People whose username begins with the searched text, then those of whose display name a word does.',
    description:
      'Whatever the case. Whom one has blocked is found too: to unblock somebody one must find them.',
    query: userSearchSchema,
    status: 200,
    answer: pageSchema(userSchema),
  },
  getUser: {
    service,
    method: 'GET',
    path: '/v1/users/{id}',
    summary: 'One person.',
    params: userPathSchema,
    status: 200,
    answer: userSchema,
    refusals: ['NOT_FOUND'],
  },
});
