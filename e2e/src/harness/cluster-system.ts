import { type Cluster, type ClusterOptions, startCluster } from '@parley/cluster';
import { type System } from './system.js';
import { TestIssuer } from './test-issuer.js';

export interface ClusterSystem extends System {
  readonly cluster: Cluster;
}

/** A cluster whose services accept the tokens of a test issuer. */
export const startClusterSystem = async (options: ClusterOptions = {}): Promise<ClusterSystem> => {
  const issuer = new TestIssuer();
  const accepted = { EXTERNAL_ISSUERS: issuer.configuration };
  const environment = {
    gateway: { ...accepted, ...options.environment?.gateway },
    message: { ...accepted, ...options.environment?.message },
    presence: { ...accepted, ...options.environment?.presence },
  };
  const cluster = await startCluster({ ...options, environment });
  return {
    form: 'cluster',
    cluster,
    issuer,
    url: cluster.url,
    gatewayUrls: cluster.gatewayUrls,
    databaseUrl: cluster.databaseUrl,
    stop: () => cluster.stop(),
  };
};
