export * from './test-issuer.js';
export * from './documented-answer.js';
export * from './served-routes.js';
