import { limits } from '@parley/contracts';
import { type ClientBase, type Pool } from 'pg';
import { isShown } from '../conversations/shown.js';
import { plainArray } from '../messages/array-literal.js';

/** Who is told what happens in a conversation while it happens. Never changed: other members are another audience. */
export interface Audience {
  readonly id: string;
  /** The version of the last change of members. */
  readonly membership: number;
  /** Too many members to tell each of them about each other; `members` is empty then. */
  readonly isLarge: boolean;
  /** Nobody is told who is typing: of two people one blocks the other, or no member is shown the conversation yet. */
  readonly isSilent: boolean;
  readonly members: ReadonlyMap<string, true>;
}

/** The least recently used go beyond this many members of all audiences together. */
const MAX_MEMBERS = 200_000;
/** An audience without members costs about as much as this many of them. */
const WEIGHT_OF_AUDIENCE = 5;

const query = {
  name: 'load-audiences',
  text: `
    SELECT i.id, v.version AS membership, m.user_id AS "userId",
      NOT ${isShown} OR EXISTS (SELECT FROM messaging.blocks b WHERE b.conversation_id = i.id) AS "isSilent"
    FROM unnest($1::uuid[]) AS i (id)
    CROSS JOIN LATERAL (SELECT * FROM messaging.conversations WHERE id = i.id LIMIT 1) c
    CROSS JOIN LATERAL (
      SELECT m.version FROM messaging.members m WHERE m.conversation_id = i.id ORDER BY m.version DESC LIMIT 1
    ) v
    LEFT JOIN LATERAL (
      SELECT m.user_id FROM messaging.members m
      WHERE m.conversation_id = i.id AND m.left_version IS NULL LIMIT ${limits.receiptGroupMembers.max + 1}
    ) m ON true`,
};

interface Row {
  id: string;
  membership: number;
  userId: string | null;
  isSilent: boolean;
}

interface Known {
  readonly audience: Audience;
  /** By this process's steady clock, milliseconds. */
  readonly loadedAt: number;
}

/** Audiences lately in use. */
export class Audiences {
  private readonly known = new Map<string, Known>();
  private weight = 0;

  constructor(private readonly now: () => number = () => performance.now()) {}

  /**
   * Audiences that are known at that version of their members, or are read now: who is a member by then.
   * Conversations that do not exist are left out.
   * @param versions of the members, by conversation
   */
  async current(
    database: Pool | ClientBase,
    versions: ReadonlyMap<string, number>,
  ): Promise<Map<string, Audience>> {
    const found = new Map<string, Audience>();
    for (const [id, version] of versions) {
      const audience = this.known.get(id)?.audience;
      if (audience?.membership === version) found.set(id, audience);
    }
    const unknown = [...versions.keys()].filter((id) => !found.has(id));
    for (const audience of await this.load(database, unknown)) found.set(audience.id, audience);
    return found;
  }

  /** @param maxAgeMs how long ago it may have been read */
  recent(conversationId: string, maxAgeMs: number): Audience | undefined {
    const known = this.known.get(conversationId);
    return known !== undefined && this.now() - known.loadedAt <= maxAgeMs ? known.audience : undefined;
  }

  /** Reads them anew. */
  async load(database: Pool | ClientBase, conversationIds: readonly string[]): Promise<Audience[]> {
    if (conversationIds.length === 0) return [];
    const loadedAt = this.now();
    const { rows } = await database.query<Row>({ ...query, values: [plainArray(conversationIds)] });
    const grouped = Map.groupBy(rows, ({ id }) => id);
    return [...grouped].map(([id, members]) => this.put(toAudience(id, members), loadedAt));
  }

  private put(audience: Audience, loadedAt: number): Audience {
    const before = this.known.get(audience.id);
    if (before) this.drop(before.audience);
    // The same object as long as nothing changed: routes are kept with it.
    const kept = before && isSame(before.audience, audience) ? before.audience : audience;
    this.known.set(kept.id, { audience: kept, loadedAt });
    this.weight += weightOf(kept);
    for (const { audience: oldest } of this.known.values()) {
      if (this.weight <= MAX_MEMBERS || oldest === kept) break;
      this.drop(oldest);
    }
    return kept;
  }

  private drop(audience: Audience): void {
    if (this.known.delete(audience.id)) this.weight -= weightOf(audience);
  }
}

function weightOf({ members }: Audience): number {
  return members.size + WEIGHT_OF_AUDIENCE;
}

function isSame(a: Audience, b: Audience): boolean {
  return a.membership === b.membership && a.isSilent === b.isSilent;
}

function toAudience(id: string, rows: readonly Row[]): Audience {
  const isLarge = rows.length > limits.receiptGroupMembers.max;
  const members = new Map<string, true>();
  if (!isLarge) for (const { userId } of rows) if (userId !== null) members.set(userId, true);
  const { membership = 0, isSilent = false } = rows[0] ?? {};
  return { id, membership, isLarge, isSilent, members };
}
