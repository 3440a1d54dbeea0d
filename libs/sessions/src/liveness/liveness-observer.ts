import { LivenessWatch, type ObservedWorld, type ObserverPace } from './liveness-watch.js';

/**
 * Declares processes dead, while this process is the one that owns partition 0 of `conversation.commands`. Two that
 * think so at once do no harm: a death is a record, and the second one says the same.
 */
export class LivenessObserver {
  private watch: LivenessWatch | undefined;

  constructor(
    private readonly world: ObservedWorld,
    private readonly pace: ObserverPace = {},
  ) {}

  /** The partition is ours. */
  start(): void {
    this.watch ??= new LivenessWatch(this.world, this.pace);
  }

  /** The partition is not ours any more. */
  stop(): void {
    this.watch?.end();
    this.watch = undefined;
  }
}
