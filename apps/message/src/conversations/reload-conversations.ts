import { type ClientBase } from 'pg';
import { type ConversationCache } from './conversation-cache.js';
import { type ConversationState } from './conversation-state.js';
import { loadConversations } from './load-conversations.js';

const query = {
  name: 'conversation-heads',
  text: `SELECT id, version, last_seq AS "lastSeq" FROM messaging.conversations WHERE id = ANY ($1::uuid[])`,
};

/**
 * Conversations as they are now. What is cached at the same version is not read again: members of a large group are
 * many rows.
 * @returns those that exist, by id, and how many were not as cached
 */
export async function reloadConversations(
  database: ClientBase,
  cache: ConversationCache,
  ids: readonly string[],
): Promise<{ states: Map<string, ConversationState>; changed: number }> {
  const { rows } = await database.query<{ id: string; version: number; lastSeq: number }>({
    ...query,
    values: [ids],
  });
  const heads = new Map(rows.map((row) => [row.id, row]));
  const states = new Map<string, ConversationState>();
  const changed: string[] = [];
  for (const id of ids) {
    const head = heads.get(id);
    const cached = cache.get(id);
    if (cached !== undefined && cached.version === head?.version && cached.lastSeq === head.lastSeq) {
      states.set(id, cached);
    } else {
      cache.drop(id);
      changed.push(id);
    }
  }
  if (changed.length > 0) {
    for (const [id, state] of await loadConversations(database, changed)) {
      cache.put(state);
      states.set(id, state);
    }
  }
  return { states, changed: changed.length };
}
