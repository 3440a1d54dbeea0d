import { Load } from '../harness/load.js';
import { type SeededRandom } from '../harness/random.js';
import { type System } from '../harness/system.js';
import { World } from '../harness/world.js';

export interface WritingWorld {
  readonly world: World;
  readonly load: Load;
}

const PEOPLE = 6;

/** Six people with two devices each, in a group and in pairs, who write, edit and delete without a pause. */
export const startWriting = async (system: System, random: SeededRandom): Promise<WritingWorld> => {
  const world = new World(system);
  const ids = await world.people(PEOPLE);
  for (const id of ids) await Promise.all([world.connected(id), world.connected(id)]);
  const [first] = world.devices;
  if (!first) throw new Error('nobody is connected');
  const groups = [
    await world.group(first, ids.slice(1)),
    await world.group(first, ids.slice(1), 'another group'),
  ];
  const load = new Load({
    devices: world.devices,
    conversations: groups,
    random,
    ratePerDevice: 5,
    edits: 0.05,
    deletions: 0.02,
  });
  await load.flowing(50, 30_000);
  return { world, load };
};
