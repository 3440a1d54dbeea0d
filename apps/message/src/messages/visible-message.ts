import { Refusal } from '@parley/contracts';
import { type ClientBase } from 'pg';
import { type ActingMember } from '../conversations/rights.js';
import { findMessage } from '../conversations/subject.js';
import { type MessageRow } from './message-row.js';

/** @throws Refusal `NOT_FOUND` where it does not exist or was written before this member may see */
export async function requireVisibleMessage(
  database: ClientBase,
  { state, member }: ActingMember,
  id: string,
): Promise<MessageRow> {
  const message = await findMessage(database, state.id, id);
  if (message === undefined || message.seq < member.visibleFromSeq) {
    throw new Refusal('NOT_FOUND', 'There is no such message in this conversation.');
  }
  return message;
}
