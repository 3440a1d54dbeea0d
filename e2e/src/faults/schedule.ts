import { type SeededRandom } from '../harness/random.js';

/** One fault of a schedule: what happens, to which process of its kind, and how long after the one before. */
export interface Fault<Kind extends string> {
  readonly kind: Kind;
  /** Index among the processes of that kind. */
  readonly which: number;
  readonly afterMs: number;
  /** How long the process stays away. */
  readonly awayMs: number;
}

export interface ScheduleOptions<Kind extends string> {
  readonly kinds: readonly Kind[];
  readonly count: number;
  readonly processes: number;
  readonly afterMs: readonly [number, number];
  readonly awayMs: readonly [number, number];
}

/** The same seed makes the same schedule; it is printed, so that a failure can be played again. */
export const drawSchedule = <Kind extends string>(
  random: SeededRandom,
  { kinds, count, processes, afterMs, awayMs }: ScheduleOptions<Kind>,
): Fault<Kind>[] => {
  const schedule = Array.from({ length: count }, () => ({
    kind: random.pick(kinds),
    which: random.between(0, processes),
    afterMs: random.between(...afterMs),
    awayMs: random.between(...awayMs),
  }));
  const lines = schedule.map(
    ({ kind, which, afterMs: after, awayMs: away }) =>
      `  after ${after} ms: ${kind} ${which}, away for ${away} ms`,
  );
  process.stdout.write([`faults of seed ${random.seed}:`, ...lines, ''].join('\n'));
  return schedule;
};
