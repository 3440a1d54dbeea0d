import { setTimeout as sleep } from 'node:timers/promises';
import { LatencyHistogram } from '../measure/latency-histogram.js';
import { DeviceSync } from './device-sync.js';
import { Fleet } from './fleet.js';
import { startLoadCpu } from './load-cpu.js';
import { MessageWriter } from './message-writer.js';
import { clock } from './pacing.js';
import { versionOf } from './packet-fields.js';
import { type StormLoad, type StormLoadResult } from './requests.js';
import { RestClient } from './rest-client.js';
import { together } from './together.js';

/** As the client SDK does: the first wait, doubled after each failure up to the longest, each between half and whole. */
const reconnecting = { firstMs: 200, mostMs: 5_000 };
const syncingAgain = { firstMs: 500, mostMs: 10_000 };
/** And it asks a second time, when every server surely knows of the session. */
const AGAIN_FROM_MS = 3_000;
const AGAIN_TO_MS = 8_000;
const CONNECTIONS = 128;
const AT_A_TIME = 64;

interface Client {
  readonly device: number;
  readonly conversation: number;
  readonly sync: DeviceSync;
  connecting: boolean;
  /** Asked for what it missed on its new session. */
  asked: boolean;
  inSync: boolean;
}

/** Many clients lose their gateway at once, come back to another one, and ask for what they missed. */
export class Storm {
  private readonly fleet: Fleet;
  private readonly writer: MessageWriter;
  private readonly rest: RestClient;
  private readonly clients = new Map<number, Client>();
  /** By conversation: the version of the message that was written while its members were away. */
  private readonly written: number[] = [];
  private readonly online = new LatencyHistogram();
  private readonly inSync = new LatencyHistogram();
  private readonly failed: Record<string, number> = {};
  private readonly timers = new Set<NodeJS.Timeout>();
  private lostAt: number | undefined;
  private waiting = 0;
  private ended = false;
  private over: () => void = () => undefined;
  private broken: Error | undefined;

  constructor(private readonly load: StormLoad) {
    this.writer = new MessageWriter(load);
    this.rest = new RestClient(load.restUrl, CONNECTIONS);
    this.fleet = new Fleet(load.devices, {
      answered: (_device, number, _ok, answer) => this.writer.answered(number, answer),
      event: (device, packet) => this.event(device, packet),
      lost: (device, reason) => this.lost(device, reason),
    });
    for (const [conversation, { devices }] of load.conversations.entries()) {
      for (const device of devices.slice(1)) {
        const sync = new DeviceSync(this.rest, load.devices[device]?.token ?? '');
        const state = { connecting: true, asked: false, inSync: false };
        this.clients.set(device, { device, conversation, sync, ...state });
      }
    }
  }

  /** Resolves when all are connected and hold everything there is. */
  async connect(): Promise<void> {
    await this.fleet.connectAll();
    const clients = [...this.clients.values()];
    for (const client of clients) client.connecting = false;
    await together(clients.length, AT_A_TIME, (index) => (clients[index] as Client).sync.begin());
  }

  async ride(withinMs: number): Promise<StormLoadResult> {
    const cpu = startLoadCpu();
    this.waiting = this.clients.size;
    const timer = setTimeout(() => this.over(), withinMs);
    await new Promise<void>((resolve) => (this.over = resolve));
    clearTimeout(timer);
    if (this.broken !== undefined) throw this.broken;
    if (this.lostAt === undefined) throw new Error('no session was lost');
    return {
      clients: this.clients.size,
      online: this.online.summary(),
      inSync: this.inSync.summary(),
      neverInSync: this.waiting,
      failed: this.failed,
      clientCpuSeconds: cpu(),
    };
  }

  end(): void {
    this.ended = true;
    for (const timer of this.timers) clearTimeout(timer);
    this.fleet.closeAll();
    this.rest.close();
    this.writer.writeRecording();
  }

  private lost(device: number, reason: string): void {
    const client = this.clients.get(device);
    if (client === undefined) {
      this.break(new Error(`a writer lost its session: ${reason}`));
      return;
    }
    if (this.lostAt === undefined) {
      this.lostAt = clock();
      this.writeMeanwhile().catch((error: unknown) => this.break(error as Error));
    }
    // Whoever was connecting goes on trying by itself.
    if (client.connecting || this.ended) return;
    this.comeBack(client).catch((error: unknown) => this.break(error as Error));
  }

  private async writeMeanwhile(): Promise<void> {
    await together(this.load.conversations.length, AT_A_TIME, async (conversation) => {
      const device = this.load.conversations[conversation]?.devices[0] ?? -1;
      const { version } = await this.writer.send(this.fleet, conversation, device);
      this.written[conversation] = version;
    });
    for (const client of this.clients.values()) this.check(client);
  }

  private async comeBack(client: Client): Promise<void> {
    client.connecting = true;
    for (let failures = 1; !this.ended; failures += 1) {
      await sleep(waitAfter(reconnecting, failures));
      try {
        await this.fleet.connect(client.device, this.load.refuge);
        break;
      } catch (error) {
        this.count(error);
      }
    }
    client.connecting = false;
    if (this.ended) return;
    this.online.record(clock() - (this.lostAt ?? 0));
    await this.catchUp(client);
    client.asked = true;
    this.check(client);
    const againMs = AGAIN_FROM_MS + Math.random() * (AGAIN_TO_MS - AGAIN_FROM_MS);
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      this.catchUp(client).then(
        () => this.check(client),
        (error: unknown) => this.break(error as Error),
      );
    }, againMs);
    this.timers.add(timer);
  }

  private async catchUp(client: Client): Promise<void> {
    for (let failures = 1; !this.ended; failures += 1) {
      try {
        await client.sync.catchUp();
        return;
      } catch (error) {
        this.count(error);
        await sleep(waitAfter(syncingAgain, failures));
      }
    }
  }

  private event(device: number, packet: Buffer): void {
    const client = this.clients.get(device);
    if (this.writer.delivered(device, packet) < 0 || client === undefined) return;
    const conversationId = this.load.conversations[client.conversation]?.id ?? '';
    // Nothing else changes these conversations, so it follows upon what the client held.
    client.sync.versions.set(
      conversationId,
      Math.max(versionOf(packet), client.sync.versionOf(conversationId)),
    );
    this.check(client);
  }

  private check(client: Client): void {
    const written = this.written[client.conversation];
    if (client.inSync || !client.asked || written === undefined) return;
    const conversationId = this.load.conversations[client.conversation]?.id ?? '';
    if (client.sync.versionOf(conversationId) < written) return;
    client.inSync = true;
    this.inSync.record(clock() - (this.lostAt ?? 0));
    this.waiting -= 1;
    if (this.waiting === 0) this.over();
  }

  private count(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.failed[reason] = (this.failed[reason] ?? 0) + 1;
  }

  private break(error: Error): void {
    if (this.ended) return;
    this.broken ??= error;
    this.over();
  }
}

function waitAfter({ firstMs, mostMs }: { firstMs: number; mostMs: number }, failures: number): number {
  const full = Math.min(mostMs, firstMs * 2 ** Math.min(failures - 1, 20));
  return full * (0.5 + Math.random() / 2);
}
