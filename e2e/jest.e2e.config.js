import preset from '../jest.preset.js';

const folders = ['exchange', 'hostile', ...(process.env.E2E_FORM === 'cluster' ? [] : ['standalone'])];

/** Through real sockets, against the system that the set-up starts: E2E_FORM=standalone (default) or cluster. */
export default {
  ...preset,
  testMatch: folders.map((folder) => `<rootDir>/src/${folder}/*.e2e-spec.ts`),
  globalSetup: './jest.e2e.setup.js',
  globalTeardown: './jest.e2e.teardown.js',
  testTimeout: 60_000,
  maxWorkers: 1,
  // Everything that was started is stopped by then; what keeps the loop alive is the client side of closed links.
  forceExit: true,
};
