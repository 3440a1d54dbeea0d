import { type CommandKind, Refusal, timing } from '@parley/contracts';
import { type ClientBase, type Pool } from 'pg';
import { type Announcer } from '../delivery/announcer.js';
import { type Outgoing } from '../delivery/outgoing.js';
import { type BrokerClock } from '../inbound/broker-clock.js';
import { isSamePosition, type ReceivedCommand } from '../inbound/received-command.js';
import { type Answer } from '../messages/answers.js';
import {
  type CommandResult,
  idTaken,
  refusalOf,
  resultOf,
  serializeRefusal,
  tooOld,
} from '../messages/command-result.js';
import { findStored, type Stored } from '../messages/find-stored.js';
import { applyToState } from './apply-to-state.js';
import { type ConversationCache } from './conversation-cache.js';
import { type ConversationState } from './conversation-state.js';
import { type CommandContext, type CommandHandlers, type Handled } from './command-handler.js';
import { loadConversations } from './load-conversations.js';
import { inTransaction } from './transaction.js';
import { describeSubject, findSubject, serializeAck, serializeEvent } from './subject.js';

/** What a transaction came to. */
interface Performed extends Handled {
  /** Null where it changed nothing. */
  readonly version: number | null;
  /** Before the change where it was made now, and after it where it was found stored. */
  readonly state: ConversationState | undefined;
  readonly found: 'new' | 'replay' | 'retry';
}

/** Carries out every kind of command but sends: each in a transaction of its own, under the conversation's lock. */
export class CommandPerformer {
  constructor(
    private readonly pool: Pool,
    private readonly cache: ConversationCache,
    private readonly handlers: CommandHandlers,
    private readonly announcer: Announcer,
    private readonly clock: BrokerClock,
  ) {}

  /** @returns what goes out: the answer, and where something changed, the event and its deliveries */
  async perform(received: ReceivedCommand): Promise<Answer> {
    const { command, ticket } = received;
    // Whatever happens from here on, the cache may not be believed until the outcome is known.
    const cached = this.cache.get(command.conversationId);
    this.cache.drop(command.conversationId);
    const outcome = await inTransaction(this.pool, (database) => this.decide(received, cached, database));
    if (outcome instanceof Refusal) {
      if (cached !== undefined) this.cache.put(cached);
      const reply = this.announcer.reply(
        command.origin,
        serializeRefusal(outcome, command.commandId),
        ticket,
      );
      return { outcome: outcome.code === 'TIMEOUT' ? 'expired' : 'refused', records: [reply] };
    }
    const state = outcome.found === 'new' ? applyToState(outcome) : outcome.state;
    if (state !== undefined) this.cache.put(state);
    const records = this.tell(received, outcome, state);
    return { outcome: outcomes[outcome.found], records };
  }

  /** Check, do, note the result. */
  private async decide(
    received: ReceivedCommand,
    cached: ConversationState | undefined,
    database: ClientBase,
  ): Promise<Performed | Refusal> {
    const { command, timestamp } = received;
    const state = await lock(database, command.conversationId, cached);
    const stored = (await findStored(database, [received])).get(received);
    if (stored !== undefined) return findAgain(received, stored, state, database);
    if (this.clock.now() - timestamp > timing.commandLifeMs) return tooOld();

    const nextVersion = (state?.version ?? 0) + 1;
    const context = { command, state, database, nextVersion, occurredAt: new Date(timestamp) };
    let handled: Handled;
    try {
      handled = await this.handle(command.kind, context);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      await storeResult(database, received, resultOf(error));
      return error;
    }
    const version = handled.event === null ? null : nextVersion;
    if (version !== null && state !== undefined) await raiseVersion(database, state.id, version);
    const { event, subject } = handled;
    await storeResult(database, received, { ok: true, version, event, ...describeSubject(subject) });
    return { ...handled, version, state, found: 'new' };
  }

  private handle(kind: CommandKind, context: CommandContext<CommandKind>): Promise<Handled> {
    if (kind === 'message.send') throw new Error('sends are stored together');
    // The kind of the command chooses the handler, so the two fit; TypeScript cannot follow that through the union.
    return this.handlers[kind].handle(context as never);
  }

  private tell(
    { command, ticket, timestamp }: ReceivedCommand,
    { event, subject, version, found }: Performed,
    state: ConversationState | undefined,
  ): Outgoing[] {
    const reply = this.announcer.reply(command.origin, serializeAck(subject), ticket);
    if (event === null || version === null || state === undefined || found === 'retry') return [reply];
    if (state.isHidden) return [reply];
    const leavers =
      event === 'member.left' && subject.of === 'members'
        ? subject.members.filter(({ leftVersion }) => leftVersion !== null).map(({ userId }) => userId)
        : undefined;
    const records: Outgoing[] = [];
    this.announcer.announce(
      {
        state,
        event,
        version,
        body: serializeEvent(state.id, version, subject),
        ...(subject.of === 'message'
          ? {
              message: {
                seq: subject.message.seq,
                hiddenBody: () => serializeEvent(state.id, version, 'hidden'),
              },
            }
          : {}),
        ...(leavers ? { leavers } : {}),
        actorId: command.userId,
        occurredAt: new Date(timestamp).toISOString(),
        except: null,
      },
      ticket,
      records,
    );
    return [...records, reply];
  }
}

const outcomes = { new: 'done', replay: 'replayed', retry: 'retried' } as const;

/** The conversation as it is, and as it stays until the transaction ends. */
async function lock(
  database: ClientBase,
  conversationId: string,
  cached: ConversationState | undefined,
): Promise<ConversationState | undefined> {
  const { rows } = await database.query<{ version: number; lastSeq: number }>({
    name: 'lock-conversation',
    text: `SELECT version, last_seq AS "lastSeq" FROM messaging.conversations WHERE id = $1
           FOR NO KEY UPDATE NOWAIT`,
    values: [conversationId],
  });
  const [row] = rows;
  if (row === undefined) return undefined;
  if (cached?.version === row.version && cached.lastSeq === row.lastSeq) return cached;
  return (await loadConversations(database, [conversationId])).get(conversationId);
}

/** It happened, so this no may not promise that it did not. */
const doneBeforeLeaving = (): Refusal =>
  new Refusal('NOT_FOUND', 'You are no member of this conversation any more.', { outcome: 'unknown' });

/** The first answer again. Everything is told again only where the first time may have been cut short. */
async function findAgain(
  received: ReceivedCommand,
  stored: Stored,
  state: ConversationState | undefined,
  database: ClientBase,
): Promise<Performed | Refusal> {
  const { command, position } = received;
  if ('message' in stored || stored.userId !== command.userId || stored.kind !== command.kind)
    return idTaken();
  const { result } = stored;
  if (!result.ok) return refusalOf(result);
  if (state === undefined && result.version === null)
    return { event: null, subject: { of: 'nothing' }, version: null, state, found: 'retry' };
  if (state === undefined)
    throw new Error(`conversation ${command.conversationId} of a stored result is gone`);
  const found = isSamePosition(stored.position, position) ? 'replay' : 'retry';
  // The rows are told as they are now, which is not for those who have left since. A replay must still be told to others.
  if (found === 'retry' && !state.members.has(command.userId) && command.kind !== 'member.remove')
    return doneBeforeLeaving();
  const subject = await findSubject(database, state, result);
  return { event: result.event, subject, version: result.version, state, found };
}

async function raiseVersion(database: ClientBase, conversationId: string, version: number): Promise<void> {
  await database.query({
    name: 'raise-version',
    text: `UPDATE messaging.conversations SET version = $2 WHERE id = $1`,
    values: [conversationId, version],
  });
}

async function storeResult(
  database: ClientBase,
  { command, position }: ReceivedCommand,
  result: CommandResult,
): Promise<void> {
  await database.query({
    name: 'store-result',
    text: `INSERT INTO messaging.command_results
             (conversation_id, command_id, user_id, kind, result, command_partition, command_offset, command_index)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    values: [
      command.conversationId,
      command.commandId,
      command.userId,
      command.kind,
      JSON.stringify(result),
      position.partition,
      position.offset,
      position.index,
    ],
  });
}
