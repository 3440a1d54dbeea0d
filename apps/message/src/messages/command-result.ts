import {
  type CommandKind,
  type ConversationEventName,
  type ErrorBody,
  type ErrorCode,
  Refusal,
} from '@parley/contracts';

/** What a command came to: the column `result` of `command_results`, as JSON. */
export type CommandResult =
  | {
      readonly ok: true;
      /** The version it made; null when it changed nothing. */
      readonly version: number | null;
      readonly event: ConversationEventName | null;
      /** Members that the event names. */
      readonly userIds?: readonly string[];
      /** The message it is about. */
      readonly messageId?: string;
    }
  | { readonly ok: false; readonly code: ErrorCode; readonly message: string };

/** A row of `command_results`. */
export interface StoredResult {
  readonly userId: string;
  readonly kind: CommandKind;
  readonly result: CommandResult;
}

/** JSON of the ack of a refused command. */
export function serializeRefusal(refusal: Refusal, commandId: string): string {
  const ack: { ok: false; error: ErrorBody } = { ok: false, error: refusal.toBody(commandId) };
  return JSON.stringify(ack);
}

/** The stored no again. It is final: neither a retry nor a replay gets another answer. */
export function refusalOf(result: CommandResult & { ok: false }): Refusal {
  return new Refusal(result.code, result.message, { outcome: 'none', retryable: false });
}

/** The no that an answer from the log carries, for whoever awaits it over REST. */
export function refusalIn({ code, message, outcome, retryable, retryAfterMs, details }: ErrorBody): Refusal {
  return new Refusal(code, message, {
    outcome,
    retryable,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(details === undefined ? {} : { details }),
  });
}

export function resultOf(refusal: Refusal): CommandResult & { ok: false } {
  return { ok: false, code: refusal.code, message: refusal.message };
}

export const idTaken = (): Refusal =>
  new Refusal('CONFLICT', 'This id was used before, for something else: use a new one.');

export const tooOld = (): Refusal =>
  new Refusal('TIMEOUT', 'It waited too long to be carried out: send it again with the same id.');
