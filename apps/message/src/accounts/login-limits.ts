import { Injectable } from '@nestjs/common';
import { limits, Refusal } from '@parley/contracts';
import { PrismaClient } from '@parley/database';

interface Count {
  subject: string;
  failures: number;
  windowEndsAt: Date;
}

/** Refuses to try passwords where too many were wrong lately, for one name or from one address. Successes are free. */
@Injectable()
export class LoginLimits {
  constructor(private readonly prisma: PrismaClient) {}

  /**
   * Counts the attempt as failed before it is made, so that a thousand at once are not all let through.
   * @param username null where it can be nobody's
   * @returns what to hand to `succeeded`
   * @throws Refusal `RATE_LIMITED`
   */
  async begin(username: string | null, address: string): Promise<readonly string[]> {
    const subjects = [`address:${networkOf(address)}`, ...(username === null ? [] : [`user:${username}`])];
    const counts = await this.countFailure(subjects);
    const exceeded = counts.filter(({ subject, failures }) => failures > limitOf(subject));
    if (exceeded.length === 0) return subjects;
    // Who is shut out by their address must not use up the attempts of a name, nor the other way round.
    await this.succeeded(subjects.filter((subject) => !exceeded.some((count) => count.subject === subject)));
    const endsAt = Math.max(...exceeded.map(({ windowEndsAt }) => windowEndsAt.getTime()));
    throw new Refusal('RATE_LIMITED', 'Too many wrong passwords: wait for a while, then try again.', {
      retryAfterMs: Math.max(1_000, endsAt - Date.now()),
    });
  }

  /** Takes back what `begin` counted. */
  async succeeded(subjects: readonly string[]): Promise<void> {
    if (subjects.length === 0) return;
    await this.prisma.$executeRaw`
      UPDATE messaging.login_failures SET failures = failures - 1
      WHERE subject = ANY (${subjects}::text[]) AND failures > 0`;
  }

  async forgetEnded(): Promise<void> {
    await this.prisma.loginFailures.deleteMany({ where: { windowEndsAt: { lt: new Date() } } });
  }

  private countFailure(subjects: readonly string[]): Promise<Count[]> {
    // Sorted, so that two logins never lock the same rows crosswise.
    return this.prisma.$queryRaw<Count[]>`
      INSERT INTO messaging.login_failures AS f (subject, failures, window_ends_at)
      SELECT subject, 1, now() + interval '15 minutes'
      FROM unnest(${[...subjects].sort()}::text[]) AS subject
      ON CONFLICT (subject) DO UPDATE SET
        failures = CASE WHEN f.window_ends_at <= now() THEN 1 ELSE f.failures + 1 END,
        window_ends_at = CASE WHEN f.window_ends_at <= now() THEN excluded.window_ends_at ELSE f.window_ends_at END
      RETURNING subject, failures, window_ends_at AS "windowEndsAt"`;
  }
}

function limitOf(subject: string): number {
  const limit = subject.startsWith('user:') ? limits.loginFailuresPerUser : limits.loginFailuresPerAddress;
  return limit.default;
}

/** IPv4 as it is; of IPv6 the first 64 bits, since one household has that many addresses. */
export function networkOf(address: string): string {
  const plain = address.toLowerCase().replace(/^::ffff:(?=\d+\.)/, '');
  if (!plain.includes(':')) return plain;
  const [head = '', tail] = plain.split('%', 1)[0]?.split('::') ?? [];
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array<string>(Math.max(0, 8 - front.length - back.length)).fill('0');
  return `${[...front, ...zeros, ...back].slice(0, 4).join(':')}::/64`;
}
