import { type SignalRecord, signalRecordSchema } from '@parley/contracts';
import { readOrigin } from '../inbound/read-command.js';

/** Kinds that this version knows; a newer process may send others in a rolling update. */
const knownKinds = new Set<unknown>(signalRecordSchema.options.map((option) => option.shape.kind.value));

export type SignalReading =
  | { readonly outcome: 'read'; readonly signal: SignalRecord }
  /** Of a newer version: nothing is wrong with it, and whoever knows it has sent it in vain only to this process. */
  | { readonly outcome: 'unknown kind'; readonly kind: string }
  | { readonly outcome: 'unreadable'; readonly reason: string };

/** Reads one item of `conversation.signals`. Never throws: what cannot be read is told with a reason. */
export function readSignal(value: Buffer | null): SignalReading {
  if (value === null) return { outcome: 'unreadable', reason: 'it is empty' };
  let content: unknown;
  try {
    content = JSON.parse(value.toString('utf8'));
  } catch (error) {
    return { outcome: 'unreadable', reason: `it is no JSON: ${(error as Error).message}` };
  }
  const { success, data, error } = signalRecordSchema.safeParse(content);
  if (success) {
    const isAnswerable = !('origin' in data) || readOrigin(data.origin) !== null;
    return isAnswerable
      ? { outcome: 'read', signal: data }
      : { outcome: 'unreadable', reason: 'origin: names no inbox' };
  }
  const kind =
    typeof content === 'object' && content !== null && 'kind' in content ? content.kind : undefined;
  if (typeof kind === 'string' && !knownKinds.has(kind)) return { outcome: 'unknown kind', kind };
  const issue = error.issues[0];
  return { outcome: 'unreadable', reason: `${issue?.path.join('.')}: ${issue?.message}` };
}
