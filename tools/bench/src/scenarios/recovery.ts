import { type Entry } from '@parley/e2e/history';

/**
 * For each device that had its session on the killed gateway: milliseconds until its first ack on another session,
 * in which one that never came counts as infinite.
 */
export function timesToReturn(entries: readonly Entry[], slot: string, killedAt: number): number[] {
  const before = new Map<string, string>();
  const returned = new Map<string, number>();
  for (const { kind, at, device, session } of entries) {
    if (session === null) continue;
    const old = before.get(device);
    if (at < killedAt) {
      before.set(device, session);
    } else if (kind === 'ok' && old !== undefined && session !== old && !returned.has(device)) {
      returned.set(device, at - killedAt);
    }
  }
  return [...before]
    .filter(([, session]) => session.startsWith(`${slot}/`))
    .map(([device]) => returned.get(device) ?? Infinity);
}

/** For each conversation: the longest time without an ack in the interval, in milliseconds. */
export function longestSilences(entries: readonly Entry[], from: number, to: number): number[] {
  const last = new Map<string, number>();
  const longest = new Map<string, number>();
  const heard = (conversationId: string, at: number) => {
    const silence = at - (last.get(conversationId) ?? from);
    longest.set(conversationId, Math.max(silence, longest.get(conversationId) ?? 0));
    last.set(conversationId, at);
  };
  for (const entry of entries) {
    if (entry.kind !== 'ok') continue;
    if (!last.has(entry.conversationId)) last.set(entry.conversationId, from);
    if (entry.at >= from && entry.at <= to) heard(entry.conversationId, entry.at);
  }
  for (const conversationId of last.keys()) heard(conversationId, to);
  return [...longest.values()];
}
