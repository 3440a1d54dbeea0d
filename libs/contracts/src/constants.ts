/** What a browser needs at run time: no schema library in it. */
export * from './errors.js';
export * from './limits.js';
export type { ErrorBody } from './error-body.js';
