/**
 * Stands for one batch of commands: its offsets may be committed when every command in it is decided and every
 * record that followed from them is confirmed.
 */
export class CommitTicket {
  readonly finished: Promise<void>;
  /** Commands not decided and records not confirmed; one more until the batch is read to its end. */
  private open = 1;
  private readonly lost = new Set<number>();
  private resolve!: () => void;

  /** @param isOwned whether a partition still belongs to this process */
  constructor(private readonly isOwned: (partition: number) => boolean = () => true) {
    this.finished = new Promise((resolve) => (this.resolve = resolve));
  }

  hold(count = 1): void {
    this.open += count;
  }

  release(count = 1): void {
    this.open -= count;
    if (this.open === 0) this.resolve();
  }

  /**
   * False once the partition went to another process. It stays so: skipping one command and carrying out a later one
   * would change their order.
   */
  mayContinue(partition: number): boolean {
    if (this.lost.has(partition)) return false;
    if (this.isOwned(partition)) return true;
    this.lost.add(partition);
    return false;
  }
}
