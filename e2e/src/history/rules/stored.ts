import { type StoredMessage } from '../entries.js';
import { changesText, type ConversationIndex, failedForGood, type IndexedHistory } from '../indexed.js';
import { type Report } from '../report.js';

/** Ids and seqs belong to each other, one to one; seqs and versions have no double and no hole. */
const checkNumbers = (conversation: ConversationIndex, report: Report): void => {
  const versions = new Map<number, StoredMessage>();
  for (const row of conversation.rows) {
    const sameId = conversation.rowById.get(row.id);
    if (sameId && sameId !== row) report.add('id-seq', `id ${row.id} is stored twice`, sameId, row);
    const sameSeq = conversation.rowBySeq.get(row.seq);
    if (sameSeq && sameSeq !== row) report.add('id-seq', `seq ${row.seq} is taken twice`, sameSeq, row);
    const sameVersion = versions.get(row.version);
    if (sameVersion) report.add('id-seq', `version ${row.version} is taken twice`, sameVersion, row);
    versions.set(row.version, row);
    if (
      row.version < row.createdVersion ||
      (conversation.stored && row.version > conversation.stored.version)
    ) {
      report.add('gapless', `row ${row.id} has an impossible version`, row, conversation.stored);
    }
  }
};

const checkSequence = (conversation: ConversationIndex, report: Report): void => {
  const lastSeq = conversation.stored?.lastSeq ?? 0;
  let before: StoredMessage | undefined;
  for (let seq = 1; seq <= lastSeq; seq += 1) {
    const row = conversation.rowBySeq.get(seq);
    if (!row) {
      report.add('gapless', `seq ${seq} of ${lastSeq} is missing in the database`, conversation.stored);
      continue;
    }
    if (before && before.createdVersion >= row.createdVersion) {
      report.add('gapless', `seq and createdVersion disagree on the order`, before, row);
    }
    before = row;
  }
  for (const row of conversation.rows) {
    if (row.seq < 1 || row.seq > lastSeq) {
      report.add('gapless', `seq ${row.seq} lies outside 1…${lastSeq}`, row, conversation.stored);
    }
  }
};

/** Every row was asked for by its sender, with that text or a later edit's. */
const checkOrigin = (conversation: ConversationIndex, report: Report): void => {
  for (const row of conversation.rows) {
    const send = conversation.sends.get(row.id)?.find((change) => change.user === row.senderId);
    if (!send) {
      report.add('invented', `nobody sent ${row.id} as ${row.senderId}`, row);
      continue;
    }
    if (row.text === send.text) continue;
    const revisions = conversation.revisions.get(row.id) ?? [];
    const origin = revisions.find(
      (change) => changesText(change) && change.text === row.text && !failedForGood(change),
    );
    if (row.version === row.createdVersion || !origin) {
      report.add('invented', `nobody wrote the text of ${row.id}`, row, send.firstInvoke);
    }
  }
};

/** What the database holds, by itself and against what was asked for. */
export const checkStored = (indexed: IndexedHistory, report: Report): void => {
  for (const conversation of indexed.conversations.values()) {
    checkNumbers(conversation, report);
    checkSequence(conversation, report);
    checkOrigin(conversation, report);
  }
  for (const answer of indexed.strayAnswers) {
    report.add('invented', `an answer to ${answer.id}, which was never asked`, answer);
  }
};
