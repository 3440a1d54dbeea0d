import { startClusterSystem } from './cluster-system.js';
import { StandaloneSystem } from './standalone-system.js';
import { type System } from './system.js';

/** @throws Error for a form that does not exist */
export const startForm = (form: string): Promise<System> => {
  if (form === 'standalone') return StandaloneSystem.start();
  if (form === 'cluster') return startClusterSystem();
  throw new Error(`E2E_FORM is standalone or cluster, not ${form}`);
};
