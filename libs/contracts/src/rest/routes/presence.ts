import { presenceQuerySchema, presenceSnapshotSchema } from '../presence.js';
import { defineRoutes } from './route.js';

export const presenceRoutes = defineRoutes({
  getPresence: {
    service: 'presence',
    method: 'GET',
    path: '/v1/presence',
    summary: 'Who of some people is online, and a grant to watch them.',
    description:
      'Whom the caller may not see, or who does not exist, is absent: it depends on their setting and on blocks.',
    query: presenceQuerySchema,
    status: 200,
    answer: presenceSnapshotSchema,
  },
});
