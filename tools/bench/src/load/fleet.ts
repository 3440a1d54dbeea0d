import { type LoadDevice } from './job.js';
import { RawSession } from './raw-session.js';

const AT_A_TIME = 64;

export interface FleetHandlers {
  answered(device: number, number: number, ok: boolean, answer: Buffer): void;
  event(device: number, packet: Buffer): void;
  lost(device: number, reason: string): void;
}

const silent: FleetHandlers = {
  answered: () => undefined,
  event: () => undefined,
  lost: () => undefined,
};

/** One session per device. */
export class Fleet {
  /** By device; undefined once lost. */
  readonly sessions: (RawSession | undefined)[] = [];
  readonly lost: Record<string, number> = {};

  constructor(
    private readonly devices: readonly LoadDevice[],
    private readonly handlers: FleetHandlers = silent,
  ) {}

  /** Resolves when all are ready; rejects at the first refusal. */
  async connectAll(): Promise<void> {
    let next = 0;
    const connectNext = async () => {
      while (next < this.devices.length) await this.connect(next++);
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, connectNext));
  }

  /** Resolves at `session.ready`, and rejects, after `lost`, when the session ends before. */
  connect(index: number, gateway = this.devices[index]?.gateway): Promise<void> {
    const device = this.devices[index];
    if (!device || gateway === undefined) throw new RangeError(`there is no device ${index}`);
    const { token, deviceId } = device;
    return new Promise((resolve, reject) => {
      this.sessions[index] = new RawSession(
        gateway,
        { token, deviceId },
        {
          ready: resolve,
          answered: (number, ok, answer) => this.handlers.answered(index, number, ok, answer),
          event: (packet) => this.handlers.event(index, packet),
          closed: (reason) => {
            reject(new Error(reason));
            this.sessions[index] = undefined;
            this.lost[reason] = (this.lost[reason] ?? 0) + 1;
            this.handlers.lost(index, reason);
          },
        },
      );
    });
  }

  closeAll(): void {
    for (const session of this.sessions) session?.close();
  }
}
