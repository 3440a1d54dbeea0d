/**
 * The server's time, as told once and counted on from there. Nothing here asks for the time of this machine, which may
 * be hours off or be set while the client runs.
 */
export class ServerClock {
  private offset: number | undefined;

  /** @param serverTime ISO 8601, as of now */
  learn(serverTime: string): void {
    const milliseconds = Date.parse(serverTime);
    if (!Number.isNaN(milliseconds)) this.offset = milliseconds - performance.now();
  }

  /** Milliseconds since 1970; undefined before the server has told the time. */
  now(): number | undefined {
    return this.offset === undefined ? undefined : this.offset + performance.now();
  }
}
