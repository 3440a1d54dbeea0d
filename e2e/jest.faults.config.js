import preset from '../jest.preset.js';

/** Under load, while processes die: each spec starts a cluster of its own. */
export default {
  ...preset,
  testMatch: ['<rootDir>/src/faults/*.e2e-spec.ts'],
  testTimeout: 240_000,
  maxWorkers: 1,
  // Everything that was started is stopped by then; what keeps the loop alive is the client side of closed links.
  forceExit: true,
};
