import { Fleet } from './fleet.js';
import { startLoadCpu } from './load-cpu.js';
import { createPacer, type Pacer } from './pacing.js';
import { type ChurnLoad, type ChurnLoadResult } from './requests.js';

/** How long each session stays. */
const STAY_MS = 2_000;
/** A server that does not keep up is not buried under what waits for it: so many seconds' worth are on their way. */
const MOST_SECONDS_ON_THE_WAY = 2;

/** Sessions of one device after the other that come and go; the first device comes again after the last. */
export class Churn {
  private readonly fleet: Fleet;
  private readonly pacer: Pacer;
  private readonly present = new Set<number>();
  private readonly cpu = startLoadCpu();
  private beganAt = 0;
  private next = 0;
  private onTheWay = 0;
  private came = 0;
  private skipped = 0;

  constructor(private readonly load: ChurnLoad) {
    this.fleet = new Fleet(load.devices);
    this.pacer = createPacer({ kind: 'open', perSecond: load.perSecond }, () => this.come());
  }

  start(): void {
    this.beganAt = performance.now();
    this.pacer.start();
  }

  end(): ChurnLoadResult {
    this.pacer.stop();
    this.fleet.closeAll();
    return {
      seconds: (performance.now() - this.beganAt) / 1000,
      came: this.came,
      skipped: this.skipped,
      refused: this.fleet.lost,
      clientCpuSeconds: this.cpu(),
    };
  }

  private come(): void {
    const device = this.next;
    this.next = (this.next + 1) % this.load.devices.length;
    if (this.present.has(device) || this.onTheWay >= this.load.perSecond * MOST_SECONDS_ON_THE_WAY) {
      this.skipped += 1;
      return;
    }
    this.present.add(device);
    this.onTheWay += 1;
    this.fleet.connect(device).then(
      () => {
        this.onTheWay -= 1;
        this.came += 1;
        setTimeout(() => this.go(device), STAY_MS);
      },
      // Counted with its reason by the fleet.
      () => {
        this.onTheWay -= 1;
        this.present.delete(device);
      },
    );
  }

  private go(device: number): void {
    this.fleet.sessions[device]?.leave();
    this.fleet.sessions[device] = undefined;
    this.present.delete(device);
  }
}
