import { Injectable } from '@nestjs/common';
import { type Presence, type PresenceStatus } from '@parley/contracts';
import { Pool } from 'pg';

/** What is to be shown of one user from now on. */
export interface NewStatus {
  readonly userId: string;
  readonly partition: number;
  readonly status: PresenceStatus;
  /** They were in use until so long ago, or are; milliseconds. */
  readonly agoMs: number;
}

/** Which taking over of each partition was ours, by partition. */
export type Epochs = ReadonlyMap<number, number>;

export interface WrittenStatuses {
  /** Those that were another status before, as they are now. */
  readonly changed: readonly Presence[];
  /** The partitions that nobody has taken over since; of others nothing was written. */
  readonly held: ReadonlySet<number>;
}

export interface LoadedStatus extends Presence {
  /** So recent that its event may not have been published. */
  readonly recent: boolean;
}

interface StatusRow {
  readonly userId: string;
  readonly status: PresenceStatus;
  readonly lastActiveAt: Date;
  readonly version: number;
}

const columns = `user_id AS "userId", status, last_active_at AS "lastActiveAt", version`;

/** Each partition that was taken over by us, in one statement; who owned it before writes nothing from then on. */
const claimSql = `
  INSERT INTO presence.owners AS o (partition, epoch)
  SELECT partition, 1 FROM unnest($1::int[]) AS partition ORDER BY partition
  ON CONFLICT (partition) DO UPDATE SET epoch = o.epoch + 1
  RETURNING partition, epoch`;

/**
 * The epoch is the fence: its row is locked against being taken over until the statement is committed, so that a new
 * owner sees what the one before has written, and that one writes nothing after.
 */
const writeSql = `
  WITH held AS (
    SELECT o.partition FROM presence.owners o
      JOIN unnest($1::int[], $2::bigint[]) AS mine (partition, epoch) USING (partition, epoch)
      FOR SHARE OF o
  ), changed AS (
    INSERT INTO presence.statuses AS s (user_id, status, last_active_at, version, changed_at)
    SELECT w.user_id, w.status, now() - make_interval(secs => w.ago_ms / 1000.0), 1, now()
      FROM unnest($3::uuid[], $4::int[], $5::presence.presence_status[], $6::float8[])
        AS w (user_id, partition, status, ago_ms)
      JOIN held USING (partition)
     ORDER BY w.user_id
    ON CONFLICT (user_id) DO UPDATE SET
      status = excluded.status,
      last_active_at = CASE WHEN 'online' IN (s.status, excluded.status)
        THEN GREATEST(s.last_active_at, excluded.last_active_at) ELSE s.last_active_at END,
      version = s.version + 1,
      changed_at = excluded.changed_at
    WHERE s.status <> excluded.status
    RETURNING ${columns}
  )
  SELECT partition, NULL::uuid AS "userId", NULL::presence.presence_status AS status,
         NULL::timestamptz AS "lastActiveAt", NULL::bigint AS version FROM held
  UNION ALL
  SELECT NULL, changed.* FROM changed`;

/**
 * Whoever is shown as connected, and the last changes before everything stopped: the process that made them may have
 * ended before it published them. It reads the whole table, twice: some 0.5 s for a million people, at a take-over only. An
 * index on what changes would cost each coming and going.
 */
const loadSql = `
  SELECT ${columns}, changed_at > latest.at - interval '60 seconds' AS recent
    FROM presence.statuses, (SELECT max(changed_at) AS at FROM presence.statuses) AS latest
   WHERE status <> 'offline' OR changed_at > latest.at - interval '60 seconds'`;

@Injectable()
export class StatusStore {
  constructor(private readonly pool: Pool) {}

  async claim(partitions: readonly number[]): Promise<Epochs> {
    const { rows } = await this.pool.query<{ partition: number; epoch: number }>(claimSql, [partitions]);
    return new Map(rows.map(({ partition, epoch }) => [partition, epoch]));
  }

  /** Of all partitions. */
  async load(): Promise<LoadedStatus[]> {
    const { rows } = await this.pool.query<StatusRow & { recent: boolean }>(loadSql);
    return rows.map((row) => ({ ...presenceOf(row), recent: row.recent }));
  }

  async write(statuses: readonly NewStatus[], epochs: Epochs): Promise<WrittenStatuses> {
    const { rows } = await this.pool.query<StatusRow & { partition: number | null }>(writeSql, [
      [...epochs.keys()],
      [...epochs.values()],
      statuses.map(({ userId }) => userId),
      statuses.map(({ partition }) => partition),
      statuses.map(({ status }) => status),
      statuses.map(({ agoMs }) => agoMs),
    ]);
    return {
      changed: rows.filter(({ partition }) => partition === null).map(presenceOf),
      held: new Set(rows.flatMap(({ partition }) => partition ?? [])),
    };
  }

  /** People without a row were never connected. */
  async find(userIds: readonly string[]): Promise<Presence[]> {
    const { rows } = await this.pool.query<StatusRow>(
      `SELECT ${columns} FROM presence.statuses WHERE user_id = ANY ($1::uuid[])`,
      [userIds],
    );
    return rows.map(presenceOf);
  }
}

function presenceOf({ userId, status, lastActiveAt, version }: StatusRow): Presence {
  return { userId, status, lastActiveAt: lastActiveAt.toISOString(), version };
}
