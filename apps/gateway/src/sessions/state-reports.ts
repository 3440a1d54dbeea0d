import { Injectable } from '@nestjs/common';
import { limits, Refusal } from '@parley/contracts';
import { TokenBucket } from '@parley/service';
import type { Session } from './session.js';
import { SessionLifecycle } from './session-lifecycle.js';

const perSecond = 0.5;

/** Whether a device is in use, as it says itself. Saying the same again costs nothing. */
@Injectable()
export class StateReports {
  /** Of sessions that reported a change. */
  private readonly buckets = new WeakMap<Session, TokenBucket>();

  constructor(private readonly lifecycle: SessionLifecycle) {}

  /** @throws Refusal `RATE_LIMITED` */
  report(session: Session, state: Session['state']): void {
    if (session.state === state) return;
    const now = performance.now();
    let bucket = this.buckets.get(session);
    if (!bucket) {
      bucket = new TokenBucket(perSecond, limits.presenceReportBurst.default, now);
      this.buckets.set(session, bucket);
    }
    const wait = bucket.take(now);
    if (wait > 0) {
      throw new Refusal('RATE_LIMITED', `This session changes its state too often: wait ${wait} ms.`, {
        retryAfterMs: wait,
      });
    }
    this.lifecycle.report(session, state);
  }
}
