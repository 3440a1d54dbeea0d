import { type System } from './system.js';
import { TestIssuer } from './test-issuer.js';

/** What the set-up of a test run hands to each spec, which runs in a context of its own. */
interface Description {
  readonly form: System['form'];
  readonly issuerKey: string;
  readonly url: string;
  readonly gatewayUrls: readonly string[];
  readonly databaseUrl: string;
}

const VARIABLE = 'E2E_RUNNING_SYSTEM';

export const describeSystem = ({ form, issuer, url, gatewayUrls, databaseUrl }: System): void => {
  const description: Description = { form, issuerKey: issuer.pem, url, gatewayUrls, databaseUrl };
  process.env[VARIABLE] = JSON.stringify(description);
};

/** The system that was started for this test run. */
export const runningSystem = (): System => {
  const text = process.env[VARIABLE];
  if (text === undefined) throw new Error(`${VARIABLE} is not set: run the specs through "npm run e2e"`);
  const { issuerKey, ...description } = JSON.parse(text) as Description;
  return { ...description, issuer: new TestIssuer(issuerKey), stop: async () => undefined };
};
