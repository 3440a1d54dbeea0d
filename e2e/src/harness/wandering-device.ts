import { MemoryStore, mintId, type ParleyClient } from '@parley/client';
import { TcpProxy } from '@parley/cluster';
import { type DeviceLog } from '../history/index.js';
import { pause, until } from './conditions.js';
import { type LoggedDevice } from './logged-device.js';
import { type SeededRandom } from './random.js';
import { type DeviceOptions, type World } from './world.js';

/**
 * A device whose network comes and goes, and whose application ends and starts again with what it had kept. In the
 * history each start is a device of its own, since its screen begins empty.
 */
export class WanderingDevice implements LoggedDevice {
  private device: LoggedDevice;
  private readonly deviceId = mintId();
  private readonly store = new MemoryStore();
  private wandering: Promise<void> | null = null;
  private ended = false;
  /** How often it was without a network, and began anew. */
  outages = 0;
  restarts = 0;

  private constructor(
    private readonly world: World,
    readonly userId: string,
    private readonly link: TcpProxy,
    private readonly options: DeviceOptions,
  ) {
    this.device = this.started();
  }

  /** Resolves with the first session. */
  static async connected(
    world: World,
    userId: string,
    options: DeviceOptions = {},
  ): Promise<WanderingDevice> {
    const { hostname, port } = new URL(world.system.url);
    const link = await TcpProxy.start({ target: { host: hostname, port: Number(port) } });
    world.links.push(link);
    const device = new WanderingDevice(world, userId, link, options);
    await device.client.connect();
    return device;
  }

  get client(): ParleyClient {
    return this.device.client;
  }

  get log(): DeviceLog {
    return this.device.log;
  }

  /** From now on, until `settle`. */
  wander(random: SeededRandom): void {
    this.wandering = this.roam(random);
    this.wandering.catch(() => undefined);
  }

  /** Stays online, and resolves when it is. */
  async settle(): Promise<void> {
    this.ended = true;
    await this.wandering;
    await until('the device is online', () => this.client.session !== null, 30_000);
  }

  offline(kind: 'reset' | 'silent' = 'reset'): void {
    this.outages += 1;
    this.link.cut(kind);
  }

  online(): void {
    this.link.heal();
  }

  /** The application ends, and begins again after a while. */
  async restart(awayMs = 0): Promise<void> {
    this.restarts += 1;
    this.client.close();
    await pause(awayMs);
    this.device = this.started();
    // Without a network it goes on trying.
    this.client.connect().catch(() => undefined);
  }

  private started(): LoggedDevice {
    const { userId, deviceId, store, options, link } = this;
    const name = `${deviceId} start ${this.restarts}`;
    const url = `http://127.0.0.1:${link.port}`;
    return this.world.device(userId, { ...options, url, deviceId, store, name });
  }

  private async roam(random: SeededRandom): Promise<void> {
    while (!this.ended) {
      await pause(random.between(200, 2_500));
      const awayMs = random.between(50, 1_500);
      const dice = random.next();
      if (dice < 0.25) await this.restart(awayMs);
      else {
        this.offline(dice < 0.75 ? 'reset' : 'silent');
        // What is started without a network writes and reads all the same.
        if (dice > 0.9) await this.restart();
        await pause(awayMs);
        this.online();
      }
    }
  }
}
