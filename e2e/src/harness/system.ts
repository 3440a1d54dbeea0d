import { type TestIssuer } from './test-issuer.js';

/** A running Parley, whatever form it has. */
export interface System {
  readonly form: 'standalone' | 'cluster';
  readonly issuer: TestIssuer;
  /** REST, and sockets through whatever stands in front. */
  readonly url: string;
  /** Each gateway by itself. */
  readonly gatewayUrls: readonly string[];
  /** Of a role that may do everything. */
  readonly databaseUrl: string;
  stop(): Promise<void>;
}
