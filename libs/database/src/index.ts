export * from './pool.js';
export * from './prisma.js';
export * from './migrate.js';
export * from './transient.js';
export * from './unavailable.js';
