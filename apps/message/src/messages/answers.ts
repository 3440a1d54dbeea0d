import { type Refusal } from '@parley/contracts';
import { type ConversationState } from '../conversations/conversation-state.js';
import { serializeEvent, type Subject } from '../conversations/subject.js';
import { type Announcer } from '../delivery/announcer.js';
import { type Outgoing } from '../delivery/outgoing.js';
import { isSamePosition, type ReceivedCommand, type ReceivedSend } from '../inbound/received-command.js';
import { type VerdictOutcome } from '../inbound/verdict.js';
import { type SentMarks } from '../receipts/sent-marks.js';
import { idTaken, refusalOf, serializeRefusal } from './command-result.js';
import { type Stored } from './find-stored.js';
import { serializeMessage, serializeNewMessage } from './message-row.js';

/** What is to go out, and why. */
export interface Answer {
  readonly outcome: VerdictOutcome;
  readonly records: readonly Outgoing[];
}

/** Where a message was stored. */
export interface Placed {
  readonly seq: number;
  readonly version: number;
  /** As they were stored; null for none. */
  readonly mentions: readonly string[] | null;
}

/** What goes out for a send, once it is decided: the ack, and where something is to be told, everything else. */
export class SendAnswers {
  private lastTime = NaN;
  private lastTimeText = '';

  constructor(
    private readonly announcer: Announcer,
    private readonly sent: SentMarks,
  ) {}

  /** It has just been stored, at this place of the conversation. Appends to `records`. */
  stored(
    received: ReceivedSend,
    state: ConversationState,
    { seq, version, mentions }: Placed,
    records: Outgoing[],
  ): void {
    const { command, timestamp, ticket } = received;
    const { conversationId, userId, origin } = command;
    this.sent.note(conversationId, userId, seq);
    const createdAt = this.toText(timestamp);
    const row = serializeNewMessage({
      id: command.commandId,
      conversationId,
      seq,
      version,
      senderId: userId,
      text: command.body.text,
      replyTo: command.body.replyTo,
      mentions,
      createdAt,
    });
    if (seq === 1 && !state.direct.isListed) this.announceConversation(received, state, version - 1, records);
    const body = `{"conversationId":"${conversationId}","version":${version},"message":${row}}`;
    this.announcer.announce(
      {
        state,
        event: 'message.created',
        version,
        body,
        message: { seq, hiddenBody: () => serializeEvent(conversationId, version, 'hidden') },
        actorId: userId,
        occurredAt: createdAt,
        except: origin,
      },
      ticket,
      records,
    );
    records.push(this.announcer.reply(origin, serializeSent(row, false), ticket));
  }

  /** Something is stored under its id. At the same position it is a replay: it may never have been told. */
  again(received: ReceivedSend, stored: Stored, state: ConversationState | undefined): Answer {
    const { command, position } = received;
    if (!('message' in stored)) {
      const { userId, kind, result } = stored;
      const own = userId === command.userId && kind === command.kind && !result.ok;
      return this.refusedAgain(received, own ? refusalOf(result) : idTaken());
    }
    const { message } = stored;
    if (message.senderId !== command.userId) return this.refusedAgain(received, idTaken());
    this.sent.note(message.conversationId, message.senderId, message.seq);
    const replayed = isSamePosition(stored.position, position);
    const ack = serializeSent(serializeMessage(message), !replayed);
    const reply = this.announcer.reply(command.origin, ack, received.ticket);
    if (!replayed || state === undefined) return { outcome: 'retried', records: [reply] };
    const subject: Subject = { of: 'message', message };
    const records: Outgoing[] = [];
    if (message.seq === 1 && !state.direct.isListed)
      this.announceConversation(received, state, message.createdVersion - 1, records);
    this.announcer.announce(
      {
        state,
        event: 'message.created',
        version: message.createdVersion,
        body: serializeEvent(state.id, message.createdVersion, subject),
        message: {
          seq: message.seq,
          hiddenBody: () => serializeEvent(state.id, message.createdVersion, 'hidden'),
        },
        actorId: message.senderId,
        occurredAt: message.createdAt.toISOString(),
        except: command.origin,
      },
      received.ticket,
      records,
    );
    records.push(reply);
    return { outcome: 'replayed', records };
  }

  refused({ command, ticket }: ReceivedCommand, refusal: Refusal): Outgoing {
    return this.announcer.reply(command.origin, serializeRefusal(refusal, command.commandId), ticket);
  }

  /** A block made the conversation, and now there is something in it: from here on everybody may know of it. */
  private announceConversation(
    { command, timestamp, ticket }: ReceivedSend,
    state: ConversationState,
    version: number,
    records: Outgoing[],
  ): void {
    const members = [...state.members].map(([userId, member]) => ({ userId, ...member, leftVersion: null }));
    const conversation = { ...state.conversation, version, lastSeq: 0 };
    this.announcer.announce(
      {
        state,
        event: 'conversation.created',
        version,
        body: serializeEvent(state.id, version, { of: 'conversation', conversation, members }),
        actorId: command.userId,
        occurredAt: this.toText(timestamp),
        except: null,
      },
      ticket,
      records,
    );
  }

  private refusedAgain(received: ReceivedSend, refusal: Refusal): Answer {
    return { outcome: 'refused', records: [this.refused(received, refusal)] };
  }

  /** Records of one bundle carry one time. */
  private toText(timestamp: number): string {
    if (timestamp !== this.lastTime) {
      this.lastTime = timestamp;
      this.lastTimeText = new Date(timestamp).toISOString();
    }
    return this.lastTimeText;
  }
}

function serializeSent(row: string, deduplicated: boolean): string {
  return `{"ok":true,"data":{"message":${row},"deduplicated":${deduplicated}}}`;
}
