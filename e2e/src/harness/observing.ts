import { type Attempt, type ClientObserver, isStoredRefusal } from '@parley/client';
import { type Ack, type Message } from '@parley/contracts';
import {
  type Attempt as LoggedAttempt,
  detailsOf,
  type DeviceLog,
  type Operation,
  type Row,
} from '../history/index.js';

export const rowOf = (message: Message): Row => {
  const { id, seq, version, createdVersion, senderId, text, deletedAt } = message;
  const row = { id, seq, version, createdVersion, senderId, text: deletedAt === null ? text : null };
  return { ...row, ...detailsOf(message) };
};

const operations = {
  'message.send': 'send',
  'message.edit': 'edit',
  'message.delete': 'delete',
  'reaction.set': 'react',
} as const satisfies Record<Attempt['command'], Operation>;

/** Logs one attempt, and returns what logs its answer. */
export const logAttempt = (log: DeviceLog, attempt: LoggedAttempt, text: string | null) => {
  log.record({ kind: 'invoke', ...attempt, text });
  return (answer: Ack<unknown>): void => {
    if (answer.ok) {
      const { message } = answer.data as { message: Message };
      log.record({ kind: 'ok', ...attempt, seq: message.seq, version: message.version });
      return;
    }
    const { code, outcome } = answer.error;
    log.record({ kind: 'fail', ...attempt, code, outcome, stored: isStoredRefusal(answer.error) });
  };
};

/** Writes everything that goes through a client into the log of its device. */
export const observing = (log: DeviceLog): ClientObserver => ({
  ready: ({ sessionId }) => {
    log.session = sessionId;
    log.record({ kind: 'ready' });
  },
  attempted: ({ command, body }) => {
    const { conversationId, id } = body;
    const commandId = 'commandId' in body ? body.commandId : id;
    const text = 'text' in body ? body.text : null;
    return logAttempt(log, { operation: operations[command], conversationId, id, commandId }, text);
  },
  delivered: ({ name, body }) => {
    const { conversationId, version } = body;
    const message = 'message' in body && body.message ? rowOf(body.message) : null;
    log.record({ kind: 'delivery', event: name, conversationId, version, message });
    for (const { userId, joinedVersion, leftVersion, visibleFromSeq } of 'members' in body
      ? body.members
      : []) {
      if (leftVersion === null) continue;
      const ended = { subject: userId, joinedVersion, leftVersion, visibleFromSeq };
      log.record({ kind: 'membership-ended', conversationId, ...ended });
    }
  },
  synced: (conversationId, { toVersion, limited, floorSeq }) => {
    log.record({
      kind: 'sync',
      conversationId,
      toVersion,
      limited: limited ?? false,
      floorSeq: floorSeq ?? 1,
    });
  },
  changed: (conversationId, changes) => {
    for (const change of changes) {
      if (change.kind === 'message') {
        log.record({ kind: 'shown', how: change.how, conversationId, message: rowOf(change.message) });
      } else if (change.kind === 'left') {
        log.record({ kind: 'left', conversationId, leftVersion: change.leftVersion });
      }
    }
  },
});
