import { type Ack, type SocketCommandBody, type SocketCommandName } from '@parley/contracts';
import { until } from './conditions.js';
import { RawSocket } from './raw-socket.js';

interface Credentials {
  readonly userId: string;
  readonly deviceId: string;
  readonly token: string;
}

/** One socket of a device that keeps every event it gets, as it came. */
export class LiveDevice {
  private requests = 0;

  private constructor(
    readonly userId: string,
    readonly deviceId: string,
    private readonly socket: RawSocket,
  ) {}

  /** Resolves when the session is ready. */
  static async connect(gatewayUrl: string, { userId, deviceId, token }: Credentials): Promise<LiveDevice> {
    const socket = new RawSocket(gatewayUrl);
    await socket.connect({ token, deviceId });
    await socket.frame((text) => text.startsWith('42["session.ready"'));
    return new LiveDevice(userId, deviceId, socket);
  }

  async ask<Name extends SocketCommandName>(
    name: Name,
    body: SocketCommandBody<Name>,
  ): Promise<Ack<unknown>> {
    this.requests += 1;
    return (await this.socket.request(this.requests, name, body)) as Ack<unknown>;
  }

  /** The events of that name so far, in order. */
  events<Body>(name: string): Body[] {
    const begin = `42["${name}",`;
    return this.socket.received
      .filter((text) => text.startsWith(begin))
      .map((text) => JSON.parse(text.slice(begin.length, -1)) as Body);
  }

  async sees<Body>(name: string, holds: (body: Body) => boolean): Promise<void> {
    await until(`${name} has come`, () => this.events<Body>(name).some(holds), 20_000);
  }

  close(): void {
    this.socket.close();
  }
}
