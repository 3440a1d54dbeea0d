/** So much waits to be written that nothing more is taken. Nothing of what was appended was or will be written. */
export class QueueFullError extends Error {
  constructor(readonly queued: number) {
    super(`${queued} appends wait to be written`);
    this.name = 'QueueFullError';
  }
}
