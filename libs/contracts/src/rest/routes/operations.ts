import { livenessSchema, readinessSchema } from '../health.js';
import { defineRoutes } from './route.js';

const open = { service: 'every', isPublic: true } as const;

export const operationRoutes = defineRoutes({
  live: {
    ...open,
    method: 'GET',
    path: '/health/live',
    summary: 'The process runs: nothing that it depends on is asked.',
    status: 200,
    answer: livenessSchema,
  },
  ready: {
    ...open,
    method: 'GET',
    path: '/health/ready',
    summary: 'Whether the process can serve: 503 where something that it depends on is away.',
    status: 200,
    otherStatuses: [503],
    answer: readinessSchema,
  },
  metrics: {
    ...open,
    method: 'GET',
    path: '/metrics',
    summary: 'Figures for Prometheus, for callers on the same machine; elsewhere on `METRICS_PORT`.',
    status: 200,
    answer: 'text',
    refusals: ['NOT_FOUND'],
  },
});
