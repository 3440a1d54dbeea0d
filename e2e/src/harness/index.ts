/** What the bench shares with the tests: people, tokens, what clients saw, and what the database holds. */
export { TestDatabase } from './database.js';
export { freshRead } from './final-read.js';
export { type LoggedDevice } from './logged-device.js';
export { type System } from './system.js';
export { TestIssuer } from './test-issuer.js';
export { monotonicMs, World } from './world.js';
