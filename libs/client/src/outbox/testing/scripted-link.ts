import { type Ack, type ErrorBody, type ErrorCode, type Outcome } from '@parley/contracts';
import { type CommandLink } from '../commands.js';

export const refused = (
  code: ErrorCode,
  outcome: Outcome,
  retryable: boolean,
  retryAfterMs?: number,
): Ack<never> => {
  const error: ErrorBody = { code, message: '', retryable, outcome, requestId: 'r' };
  return { ok: false, error: retryAfterMs === undefined ? error : { ...error, retryAfterMs } };
};

export interface Pending {
  readonly text: string;
  readonly id: string;
  answer(ack: Ack<unknown>): void;
}

/** A way to the server whose every answer the test gives. */
export class ScriptedLink implements CommandLink {
  readonly attempts: Pending[] = [];
  renewals = 0;
  /** What the next renewals throw, one each. */
  readonly renewalErrors: Error[] = [];
  private arrivals: (() => void)[] = [];

  online = async (): Promise<void> => undefined;

  attempt: CommandLink['attempt'] = ({ body }) =>
    new Promise((resolve) => {
      const text = 'text' in body ? body.text : '';
      this.attempts.push({ text, id: body.id, answer: (ack) => resolve(ack as never) });
      for (const arrived of this.arrivals.splice(0)) arrived();
    });

  renew = async (): Promise<void> => {
    this.renewals += 1;
    const error = this.renewalErrors.shift();
    if (error) throw error;
  };

  async attemptNumber(number: number): Promise<Pending> {
    for (;;) {
      const attempt = this.attempts[number - 1];
      if (attempt) return attempt;
      await new Promise<void>((resolve) => this.arrivals.push(resolve));
    }
  }
}
