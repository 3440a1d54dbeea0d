import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Refusal, topics } from '@parley/contracts';
import { GroupConsumer, TopicAdmin } from '@parley/event-bus';
import { Log, Readiness } from '@parley/service';
import { setTimeout as sleep } from 'node:timers/promises';
import { group as accountGroup } from './account-consumer.js';
import { membershipGroup } from './membership-life.js';

const projections = [
  { group: accountGroup, topic: topics.accountEvents },
  { group: membershipGroup, topic: topics.conversationEvents },
] as const;

/** What was hidden or left longer ago than this must have been applied. */
const maxLagMs = 5_000;
/** A process that starts behind is of use as soon as it is not any more. */
const pauseMs = { behind: 100, current: 1_000 } as const;

/** How far the log had come at one moment, of a clock that does not go back. */
interface Goal {
  readonly at: number;
  readonly ends: readonly number[];
}

/**
 * Whether what is kept of settings, blocks and memberships is as new as it has to be before anybody is shown. All
 * processes share one projection, so it is the groups that are asked about, not what this process has in hand. While
 * the log is away nobody can tell, and what was known last stands.
 */
@Injectable()
export class ProjectionLag implements OnApplicationBootstrap, OnApplicationShutdown {
  private goal: Goal | undefined;
  private isBehind = true;
  private hasCaughtUp = false;
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly consumer: GroupConsumer,
    private readonly topicAdmin: TopicAdmin,
    private readonly log: Log,
    readiness: Readiness,
  ) {
    readiness.register('presence projections', () => {
      if (!this.hasCaughtUp) throw new Error('what stood in the log at the start is not applied yet');
    });
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.topicAdmin.ensure(projections.map(({ topic }) => topic));
    await this.tryToLook();
    this.running = this.run();
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** @throws Refusal `UNAVAILABLE` until what stood in the log at the start is applied, and while it is behind */
  check(): void {
    if (!this.isBehind) return;
    throw new Refusal('UNAVAILABLE', 'Who may see whom is being read: try again.', { retryAfterMs: 1_000 });
  }

  /** @param now milliseconds, of a clock that does not go back */
  async look(now: number): Promise<void> {
    this.goal ??= { at: now, ends: await this.ends() };
    const { at, ends } = this.goal;
    const positions = await this.positions();
    if (ends.every((end, index) => (positions[index] ?? 0) >= end)) {
      this.goal = undefined;
      this.isBehind = false;
      this.hasCaughtUp = true;
    } else if (now - at > maxLagMs) this.isBehind = true;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      const pause = this.isBehind ? pauseMs.behind : pauseMs.current;
      await sleep(pause, undefined, { signal }).catch(() => undefined);
      if (!signal.aborted) await this.tryToLook();
    }
  }

  private async tryToLook(): Promise<void> {
    try {
      await this.look(performance.now());
    } catch (error) {
      this.log.warn({ err: error }, 'how far the projections are behind is not known');
    }
  }

  private async ends(): Promise<number[]> {
    return (await Promise.all(projections.map(({ topic }) => this.topicAdmin.endOffsets(topic.name)))).flat();
  }

  private async positions(): Promise<number[]> {
    const of = projections.map(({ group, topic }) => this.consumer.positions(group, topic.name));
    return (await Promise.all(of)).flat();
  }
}
