import { Injectable } from '@nestjs/common';
import { Refusal } from '@parley/contracts';
import { Readiness } from '@parley/service';

/** Why no new session is accepted at the moment. */
export type Closed = 'starting' | 'log-away' | 'draining';

const sentences: Record<Closed, string> = {
  starting: 'This gateway is starting: try again in a moment.',
  'log-away': 'This gateway cannot reach its message log: try again, another gateway may answer.',
  draining: 'This gateway is shutting down: try again, another gateway answers.',
};

/** The door: whether new sessions are accepted. */
@Injectable()
export class Admission {
  private closed: Closed | undefined = 'starting';

  constructor(readiness: Readiness) {
    readiness.register('gateway', () => this.assertOpen());
  }

  open(): void {
    // Draining is for good.
    if (this.closed !== 'draining') this.closed = undefined;
  }

  close(reason: Closed): void {
    if (this.closed !== 'draining') this.closed = reason;
  }

  get reason(): Closed | undefined {
    return this.closed;
  }

  /** @throws Refusal */
  assertOpen(): void {
    if (this.closed === undefined) return;
    throw new Refusal('UNAVAILABLE', sentences[this.closed], { retryAfterMs: 1_000 });
  }
}
