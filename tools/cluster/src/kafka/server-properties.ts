/** One node of the cluster: broker and controller in one process. */
export interface NodeAddress {
  id: number;
  port: number;
  controllerPort: number;
}

/** A door of its own for some clients, which are told to come through a proxy. */
export interface ProxiedListener {
  port: number;
  advertisedPort: number;
}

export interface ServerPropertiesOptions {
  node: NodeAddress;
  nodes: readonly NodeAddress[];
  dataDir: string;
  proxied?: readonly ProxiedListener[];
}

/**
 * The text of server.properties. Log flush settings are left at their defaults: an acknowledged record is in the page
 * cache of every in-sync replica, which survives the death of any process, and with three brokers that of a machine.
 */
export function serverProperties({ node, nodes, dataDir, proxied = [] }: ServerPropertiesOptions): string {
  const replicas = Math.min(3, nodes.length);
  const inSync = Math.max(1, replicas - 1);
  const properties: Record<string, string | number | boolean> = {
    'process.roles': 'broker,controller',
    'node.id': node.id,
    // A static list, read anew at each start, so that ports may change between two starts.
    'controller.quorum.voters': nodes.map((n) => `${n.id}@127.0.0.1:${n.controllerPort}`).join(','),
    listeners: [
      `PLAINTEXT://127.0.0.1:${node.port}`,
      `CONTROLLER://127.0.0.1:${node.controllerPort}`,
      ...proxied.map(({ port }, i) => `PROXIED${i}://127.0.0.1:${port}`),
    ].join(),
    // A broker names the addresses of the listener that it was asked on: who came through a proxy stays behind it.
    'advertised.listeners': [
      `PLAINTEXT://127.0.0.1:${node.port}`,
      ...proxied.map(({ advertisedPort }, i) => `PROXIED${i}://127.0.0.1:${advertisedPort}`),
    ].join(),
    'listener.security.protocol.map': [
      'PLAINTEXT:PLAINTEXT',
      'CONTROLLER:PLAINTEXT',
      ...proxied.map((_, i) => `PROXIED${i}:PLAINTEXT`),
    ].join(),
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': dataDir,
    'auto.create.topics.enable': false,

    'default.replication.factor': replicas,
    'min.insync.replicas': inSync,
    'offsets.topic.num.partitions': 4,
    'offsets.topic.replication.factor': replicas,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': inSync,
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': inSync,

    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 1000,
    // The default of 9 s is how long everything stalls after a broker was killed.
    'broker.session.timeout.ms': 3000,
    'broker.heartbeat.interval.ms': 1000,
    'log.cleaner.dedupe.buffer.size': 2_097_152,
  };
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}
