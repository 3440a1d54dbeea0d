import { startForm } from './dist/harness/start-form.js';
import { describeSystem } from './dist/harness/running-system.js';

export default async () => {
  const system = await startForm(process.env.E2E_FORM ?? 'standalone');
  describeSystem(system);
  globalThis.e2eSystem = system;
};
