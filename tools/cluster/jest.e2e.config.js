import preset from '../../jest.preset.js';

/** With real brokers: seconds each, so they are no unit tests. */
export default { ...preset, testMatch: ['<rootDir>/src/**/*.e2e-spec.ts'], maxWorkers: 1 };
