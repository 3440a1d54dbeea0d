import { syncOverviewSchema, syncQuerySchema, syncRequestSchema, syncResponseSchema } from '../sync.js';
import { defineRoutes } from './route.js';

const service = 'message';

export const syncRoutes = defineRoutes({
  syncOverview: {
    service,
    method: 'GET',
    path: '/v1/sync',
    summary: "Which of the caller's conversations moved since the last sync, and their own marks that did.",
    query: syncQuerySchema,
    status: 200,
    answer: syncOverviewSchema,
  },
  sync: {
    service,
    method: 'POST',
    path: '/v1/sync',
    summary: 'What changed in these conversations since the versions that the device holds.',
    description: 'All of it is read at one moment.',
    body: syncRequestSchema,
    status: 200,
    answer: syncResponseSchema,
  },
});
