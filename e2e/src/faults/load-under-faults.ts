import { Load } from '../harness/load.js';
import { SeededRandom } from '../harness/random.js';
import { type System } from '../harness/system.js';
import { expectNoViolations } from '../harness/verdict.js';
import { WanderingDevice } from '../harness/wandering-device.js';
import { type DeviceOptions, World } from '../harness/world.js';
import { type Checked } from '../history/index.js';

const PEOPLE = 6;
/** Longer than any fault lasts: what is not answered by then never will be. */
const GIVE_UP_AFTER_MS = 90_000;

export interface WritingOptions extends DeviceOptions {
  readonly ratePerDevice?: number;
  /** How many people have a third device, which goes offline and online, ends and starts again, at random. */
  readonly wanderers?: number;
  /** Marks that are acked stand, wherever the log of signals outlives a crash. */
  readonly reads?: number;
}

/** Six people with two devices each, in two groups, who write, edit, react and read without a pause. */
export class WritingPeople {
  private constructor(
    readonly world: World,
    readonly load: Load,
    private readonly wanderers: readonly WanderingDevice[],
  ) {}

  static async start(
    system: System,
    seed: number,
    { ratePerDevice = 5, wanderers: wandering = 3, reads = 0.1, ...options }: WritingOptions = {},
  ): Promise<WritingPeople> {
    const world = new World(system);
    const ids = await world.people(PEOPLE);
    const receipts = reads > 0 ? 'auto' : 'manual';
    const device = { outbox: { giveUpAfterMs: GIVE_UP_AFTER_MS }, receipts, ...options } as const;
    for (const id of ids) await Promise.all([world.connected(id, device), world.connected(id, device)]);
    const wanderers: WanderingDevice[] = [];
    for (const id of ids.slice(0, wandering)) {
      wanderers.push(await WanderingDevice.connected(world, id, device));
    }
    const [first] = world.devices;
    if (!first) throw new Error('nobody is connected');
    const conversations = [
      await world.group(first, ids.slice(1)),
      await world.group(first, ids.slice(1), 'another group'),
    ];
    const steady = world.devices.slice(0, 2 * PEOPLE);
    // Numbers of its own: how fast answers come must not change which faults are drawn.
    const random = new SeededRandom(seed + 1);
    const parts = { edits: 0.05, deletions: 0.02, reactions: 0.05, replies: 0.05, reads };
    const load = new Load({
      devices: [...steady, ...wanderers],
      conversations,
      random,
      ratePerDevice,
      ...parts,
    });
    wanderers.forEach((each, index) => each.wander(new SeededRandom(seed + 100 + index)));
    await load.flowing(50, 30_000);
    return new WritingPeople(world, load, wanderers);
  }

  /** Messages are acked again, within the time given. */
  flowAgain(withinMs: number): Promise<void> {
    return this.load.flowing(30, withinMs);
  }

  /**
   * Ends the load and has the history checked.
   * @throws Error that names the violations
   */
  async prove(): Promise<Checked> {
    await Promise.all(this.wanderers.map((each) => each.settle()));
    await this.load.stop();
    const verdict = await this.world.prove();
    await expectNoViolations(verdict);
    return verdict.checked;
  }

  end(): Promise<void> {
    return this.world.end();
  }
}
