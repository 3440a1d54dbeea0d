import { Injectable } from '@nestjs/common';
import { limits, type Member, type SyncedConversation, type SyncResponse } from '@parley/contracts';
import { type ClientBase, Pool } from 'pg';
import { inTransaction } from '../conversations/transaction.js';
import { readMoment } from './database-moment.js';
import { portion, readStandings, type Standing } from './standing.js';
import {
  type ByConversation,
  readChanges,
  readMembers,
  readOwnRows,
  readPages,
  readUnread,
} from './sync-rows.js';

/** Rows of all newest pages of one answer together: a new device gets a little of everything and pages the rest. */
const PAGE_ROWS_IN_ALL = 1_000;
const PAGE_BYTES_IN_ALL = 2 * 1024 * 1024;

/** What changed in conversations since a device last looked. */
@Injectable()
export class SyncReader {
  constructor(private readonly pool: Pool) {}

  /** One snapshot: what is told of a conversation is its state at one version. */
  read(userId: string, cursors: Readonly<Record<string, number>>): Promise<SyncResponse> {
    return inTransaction(
      this.pool,
      async (database) => {
        const portions = portion(await readStandings(database, userId, cursors));
        const left = await tellLeft(database, userId, portions.left);
        const changes = await tellChanges(database, portions.changes);
        const pages = await tellPages(database, userId, portions.page);
        const { historyEpoch } = await readMoment(database);
        return { conversations: { ...left, ...changes, ...pages }, historyEpoch };
      },
      'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY',
    );
  }
}

type Synced = SyncResponse['conversations'];

/** Whoever has left is told that, and nothing else: not even what they could have seen before they left. */
async function tellLeft(database: ClientBase, userId: string, standings: Standing[]): Promise<Synced> {
  const members = await readOwnRows(database, userId, standings);
  return tell(standings, ({ conversation: { id, version }, leftVersion }) => {
    const toVersion = leftVersion ?? version;
    return { messages: [], members: members.get(id) ?? [], toVersion, left: true, leftVersion: toVersion };
  });
}

async function tellChanges(database: ClientBase, standings: Standing[]): Promise<Synced> {
  const messages = await readChanges(database, standings);
  const members = await readMembers(database, standings);
  return tell(standings, (standing) => {
    const { conversation, cursor } = standing;
    return {
      ...(conversation.version > cursor ? { conversation } : {}),
      messages: messages.get(conversation.id) ?? [],
      ...tellMembers(standing, members),
      toVersion: conversation.version,
    };
  });
}

async function tellPages(database: ClientBase, userId: string, standings: Standing[]): Promise<Synced> {
  const fairShare = Math.ceil(PAGE_ROWS_IN_ALL / Math.max(1, standings.length));
  const rowsEach = Math.min(limits.historyPage.default, fairShare);
  const pages = await readPages(database, standings, { rowsEach, bytesInAll: PAGE_BYTES_IN_ALL });
  // Nothing below the first message of the page is told, be it that there is nothing to be seen.
  const floorOf = ({ conversation: { id, lastSeq } }: Standing): number =>
    pages.get(id)?.[0]?.seq ?? lastSeq + 1;
  const members = await readMembers(database, standings);
  const cut = standings.filter((standing) => floorOf(standing) > standing.visibleFromSeq);
  const unread = await readUnread(database, userId, cut);
  return tell(standings, (standing) => {
    const { conversation } = standing;
    return {
      conversation,
      messages: pages.get(conversation.id) ?? [],
      ...tellMembers(standing, members),
      toVersion: conversation.version,
      limited: true,
      floorSeq: floorOf(standing),
      ...unread.get(conversation.id),
    };
  });
}

function tellMembers(
  { conversation: { id }, hasManyMembers }: Standing,
  members: ByConversation<Member>,
): Pick<SyncedConversation, 'members' | 'membersPaged'> {
  return { members: members.get(id) ?? [], ...(hasManyMembers ? { membersPaged: true } : {}) };
}

function tell(standings: Standing[], describe: (standing: Standing) => SyncedConversation): Synced {
  return Object.fromEntries(standings.map((standing) => [standing.conversation.id, describe(standing)]));
}
