import { describe, expect, test } from '@jest/globals';
import { serverProperties } from './server-properties.js';

describe('server.properties', () => {
  const nodes = [1, 2, 3].map((id) => ({ id, port: 20_000 + id, controllerPort: 21_000 + id }));

  test('of one broker asks for no copies', () => {
    const [node] = nodes as [(typeof nodes)[0]];
    const text = serverProperties({ node, nodes: [node], dataDir: '/data' });
    expect(text).toContain('min.insync.replicas=1\n');
    expect(text).toContain('offsets.topic.replication.factor=1\n');
  });

  test('of three brokers survives the loss of one', () => {
    const [, node] = nodes as [(typeof nodes)[0], (typeof nodes)[0]];
    const text = serverProperties({ node, nodes, dataDir: '/data' });
    expect(text).toContain('default.replication.factor=3\n');
    expect(text).toContain('min.insync.replicas=2\n');
    expect(text).toContain(
      'controller.quorum.voters=1@127.0.0.1:21001,2@127.0.0.1:21002,3@127.0.0.1:21003\n',
    );
  });

  test('names to each client the door through which it came', () => {
    const [node] = nodes as [(typeof nodes)[0]];
    const proxied = [{ port: 22_001, advertisedPort: 40_001 }];
    const text = serverProperties({ node, nodes: [node], dataDir: '/data', proxied });
    expect(text).toMatch(/^listeners=.*PROXIED0:\/\/127.0.0.1:22001$/m);
    expect(text).toMatch(/^advertised.listeners=.*PROXIED0:\/\/127.0.0.1:40001$/m);
  });
});
