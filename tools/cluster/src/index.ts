export * from './front-door/index.js';
export * from './kafka/index.js';
export * from './proxy/index.js';
export * from './processes/cluster.js';
export * from './processes/start-cluster.js';
export { DatabaseProcess, type DatabaseRole } from './processes/database-process.js';
export * from './processes/service-process.js';
