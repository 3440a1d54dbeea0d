import { findFreePort } from '@parley/database/embedded';
import { TcpProxy } from '../proxy/index.js';
import type { ProxiedListener } from './server-properties.js';

/** A link from some client to all brokers that can be cut without touching anybody else's. */
export class KafkaLink {
  private constructor(private readonly lines: readonly { proxy: TcpProxy; listenerPort: number }[]) {}

  static async start(brokers: number): Promise<KafkaLink> {
    const lines = Array.from({ length: brokers }, async () => {
      const listenerPort = await findFreePort();
      const proxy = await TcpProxy.start({ target: { host: '127.0.0.1', port: listenerPort } });
      return { proxy, listenerPort };
    });
    return new KafkaLink(await Promise.all(lines));
  }

  get addresses(): string[] {
    return this.lines.map(({ proxy }) => `127.0.0.1:${proxy.port}`);
  }

  /** What the broker of this index listens on for this link. */
  listenerOf(broker: number): ProxiedListener {
    const line = this.lines[broker];
    if (line === undefined) throw new Error(`the link knows no broker ${broker}`);
    return { port: line.listenerPort, advertisedPort: line.proxy.port };
  }

  /** See TcpProxy. */
  cut(kind: 'reset' | 'silent'): void {
    for (const { proxy } of this.lines) proxy.cut(kind);
  }

  heal(): void {
    for (const { proxy } of this.lines) proxy.heal();
  }

  delay(milliseconds: number): void {
    for (const { proxy } of this.lines) proxy.delay(milliseconds);
  }

  throttle(bytesPerSecond: number): void {
    for (const { proxy } of this.lines) proxy.throttle(bytesPerSecond);
  }

  async stop(): Promise<void> {
    await Promise.all(this.lines.map(({ proxy }) => proxy.stop()));
  }
}
