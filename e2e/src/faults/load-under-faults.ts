import { Load } from '../harness/load.js';
import { SeededRandom } from '../harness/random.js';
import { type System } from '../harness/system.js';
import { expectNoViolations } from '../harness/verdict.js';
import { type DeviceOptions, World } from '../harness/world.js';
import { type Checked } from '../history/index.js';

const PEOPLE = 6;
/** Longer than any fault lasts: what is not answered by then never will be. */
const GIVE_UP_AFTER_MS = 90_000;

export interface WritingOptions extends DeviceOptions {
  readonly ratePerDevice?: number;
}

/** Six people with two devices each, in two groups, who write, edit and delete without a pause. */
export class WritingPeople {
  private constructor(
    readonly world: World,
    readonly load: Load,
  ) {}

  static async start(
    system: System,
    seed: number,
    { ratePerDevice = 5, ...options }: WritingOptions = {},
  ): Promise<WritingPeople> {
    const world = new World(system);
    const ids = await world.people(PEOPLE);
    const device = { outbox: { giveUpAfterMs: GIVE_UP_AFTER_MS }, ...options };
    for (const id of ids) await Promise.all([world.connected(id, device), world.connected(id, device)]);
    const [first] = world.devices;
    if (!first) throw new Error('nobody is connected');
    const conversations = [
      await world.group(first, ids.slice(1)),
      await world.group(first, ids.slice(1), 'another group'),
    ];
    const { devices } = world;
    // Numbers of its own: how fast answers come must not change which faults are drawn.
    const random = new SeededRandom(seed + 1);
    const load = new Load({ devices, conversations, random, ratePerDevice, edits: 0.05, deletions: 0.02 });
    await load.flowing(50, 30_000);
    return new WritingPeople(world, load);
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
    await this.load.stop();
    const verdict = await this.world.prove();
    await expectNoViolations(verdict);
    return verdict.checked;
  }

  end(): Promise<void> {
    return this.world.end();
  }
}
