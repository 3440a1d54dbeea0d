import { type Delivered, type Row, type Shown } from '../entries.js';
import { changesText, type ConversationIndex, type IndexedHistory, sameRow } from '../indexed.js';
import { type Report } from '../report.js';

/** A text is genuine if its sender wrote it, or somebody asked for that edit or deletion. */
const isWritten = (conversation: ConversationIndex, row: Row): boolean => {
  const sends = conversation.sends.get(row.id) ?? [];
  if (sends.some((change) => change.user === row.senderId && change.text === row.text)) return true;
  if (row.version === row.createdVersion) return false;
  const revisions = conversation.revisions.get(row.id) ?? [];
  return revisions.some((change) => changesText(change) && change.text === row.text);
};

/** Compares what a client saw of a message with its final row. */
export const checkSighting = (
  conversation: ConversationIndex,
  row: Row,
  evidence: unknown,
  report: Report,
): void => {
  const stored = conversation.rowById.get(row.id);
  if (!stored) {
    const sent = conversation.sends.has(row.id);
    const explanation = `${row.id} was seen as seq ${row.seq} but is not stored`;
    report.add(sent ? 'acked-lost' : 'invented', explanation, evidence);
    return;
  }
  if (row.seq !== stored.seq) {
    report.add('id-seq', `${row.id} was seen at another seq than it is stored at`, evidence, stored);
    return;
  }
  const samePlace = row.senderId === stored.senderId && row.createdVersion === stored.createdVersion;
  const impossible = row.version > stored.version || row.version < stored.createdVersion;
  if (!samePlace || impossible || (row.version === stored.version && !sameRow(row, stored))) {
    report.add('rows-differ', `${row.id} was seen as another row than is stored`, evidence, stored);
    return;
  }
  if (!isWritten(conversation, row)) {
    report.add('invented', `nobody wrote the text seen in ${row.id}`, evidence, stored);
  }
};

const checkEntry = (indexed: IndexedHistory, entry: Delivered | Shown, report: Report): void => {
  if (!entry.message) return;
  const conversation = indexed.conversation(entry.conversationId);
  checkSighting(conversation, entry.message, entry, report);
  // A replayed event carries the row as it is by then, never an older one.
  if (entry.kind === 'delivery' && entry.version > entry.message.version) {
    report.add('rows-differ', `an event of version ${entry.version} carries an older row`, entry);
  }
};

/** Everything that any client saw on the way is what the database says in the end. */
export const checkSightings = (indexed: IndexedHistory, report: Report): void => {
  for (const entry of indexed.history.entries) {
    if (entry.kind === 'delivery' || entry.kind === 'shown') checkEntry(indexed, entry, report);
  }
};
