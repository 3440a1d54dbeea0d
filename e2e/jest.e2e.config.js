import preset from '../jest.preset.js';

/** Through real sockets, against the system that the set-up starts: E2E_FORM=standalone (default) or cluster. */
export default {
  ...preset,
  testMatch: ['<rootDir>/src/exchange/*.e2e-spec.ts', '<rootDir>/src/hostile/*.e2e-spec.ts'],
  globalSetup: './jest.e2e.setup.js',
  globalTeardown: './jest.e2e.teardown.js',
  testTimeout: 60_000,
  maxWorkers: 1,
};
