import {
  type Ack,
  type Message,
  type MessageSent,
  type Presence,
  type ReceiptAdvanced,
  type ReceiptSummarized,
  type SessionReady,
  type SocketCommandData,
  type SyncedConversation,
  type TypingChanged,
} from '@parley/contracts';
import { Announcer } from './announcer.js';
import { Api } from './api/api.js';
import { Conversations } from './api/conversations.js';
import { Users } from './api/users.js';
import { type ClientEvents } from './client-events.js';
import { type ClientOptions } from './client-options.js';
import { Connection, type ConnectionState } from './connection/connection.js';
import { DeviceIdentity } from './connection/device-identity.js';
import { Conversation } from './conversations/conversation.js';
import {
  type Change,
  type ConversationState,
  isConversationEvent,
} from './conversations/conversation-state.js';
import { ConversationStates } from './conversations/conversation-states.js';
import { shownEntry } from './conversations/shown-message.js';
import { defaultSyncTimes, Synchronizer } from './conversations/synchronizer.js';
import { Emitter } from './emitter.js';
import { clientClosed, closedByServer, type RequestFailed } from './failure.js';
import { mintId } from './ids.js';
import { type Attempt, type CommandLink, type ConversationCommand } from './outbox/commands.js';
import { type OutboxEntry, type Result } from './outbox/entry.js';
import { Outbox } from './outbox/outbox.js';
import { defaultOutboxOptions, Sender } from './outbox/sender.js';
import { PresenceWatch } from './presence/presence.js';
import { ReceiptSender } from './receipts/receipt-sender.js';
import { Receipts } from './receipts/receipts.js';
import { MemoryStore } from './stores/memory-store.js';
import { type Store } from './stores/store.js';
import { tabPlatform, Tabs } from './tabs/tabs.js';
import { Typing } from './typing/typing.js';

/** Where the store has whose device this is, as the last session said: theirs is what was written before the next one. */
const USER = 'user';

/** One device of one person: sends until it is answered, and holds what the server holds. */
export class ParleyClient {
  readonly api: Api;
  readonly conversations: Conversations;
  readonly users: Users;
  readonly presence: PresenceWatch;
  private readonly store: Store;
  private readonly emitter = new Emitter<ClientEvents>();
  private readonly handles = new Map<string, Conversation>();
  private readonly announcer = new Announcer(this.emitter, this.handles);
  private readonly connection: Connection;
  private readonly states: ConversationStates;
  private readonly synchronizer: Synchronizer;
  private readonly outbox: Outbox;
  private readonly receiptSender: ReceiptSender;
  private readonly receipts: Receipts;
  private readonly typing: Typing;
  private connecting: Promise<SessionReady> | null = null;
  private connected: (session: SessionReady) => void = () => undefined;
  private notConnected: (error: RequestFailed) => void = () => undefined;
  private ended = false;
  /** Which side closed this client, and why; null until then, and again when it connects anew. */
  private reasonToStop: RequestFailed | null = null;

  constructor(private readonly options: ClientOptions) {
    const { url, socketUrl = url, tokenProvider, deviceId } = options;
    const store: Store = options.store ?? new MemoryStore();
    this.store = store;
    this.api = new Api({ url, token: (fresh) => tokenProvider({ fresh }) });
    this.conversations = new Conversations(this.api);
    this.users = new Users(this.api);
    const platform = store.sharedAs === undefined ? undefined : (options.tabs ?? tabPlatform());
    const device = new DeviceIdentity(store, platform?.locks);
    this.connection = new Connection({
      url: socketUrl,
      token: tokenProvider,
      deviceId: async (token) => deviceId ?? device.of(token),
    });
    const { connection, announcer } = this;
    this.presence = new PresenceWatch(connection, this.api, {
      changed: (presence) => this.emitter.emit('presence', presence),
      hidden: (userId) => this.emitter.emit('presenceHidden', { userId }),
    });
    this.receiptSender = new ReceiptSender(connection, store);
    this.receipts = new Receipts(
      this.receiptSender,
      (receipt) => {
        announcer.receipt(receipt);
        if (receipt.userId === this.states.userId) this.states.marked(receipt.conversationId);
      },
      (summary) => announcer.receipts(summary),
    );
    this.typing = new Typing(connection, (change) => announcer.typing(change));
    this.states = new ConversationStates(
      {
        changed: (conversationId, changes) => this.changed(conversationId, changes),
        synced: (conversationId, answer) => this.synced(conversationId, answer),
        begunAnew: () => this.receipts.forget(),
        missing: (conversationId, unknown) => {
          if (unknown) this.synchronizer.fetch(conversationId);
          else this.synchronizer.fillLater(conversationId);
        },
      },
      (conversationId) => this.receipts.own(conversationId).readSeq,
    );
    const times = { ...defaultSyncTimes, ...options.syncTimes };
    this.synchronizer = new Synchronizer(
      this.conversations,
      this.states,
      times,
      (mark) => this.receipts.ownMoved(mark),
      () => this.handles.forEach((conversation) => conversation.catchUp()),
    );
    const sender = new Sender(this.observedLink(), { ...defaultOutboxOptions, ...options.outbox });
    const tabs = platform && new Tabs(store.sharedAs ?? '', platform);
    this.outbox = new Outbox(sender, store, this.outboxObserver(), tabs);
    this.listen();
  }

  readonly on = this.emitter.on.bind(this.emitter);

  get state(): ConnectionState {
    return this.connection.state;
  }

  get session(): SessionReady | null {
    return this.connection.session;
  }

  /** Which device this is; null before the first session, where the options do not say it. */
  get deviceId(): string | null {
    return this.options.deviceId ?? this.session?.deviceId ?? null;
  }

  /** Commands that are not answered yet. */
  get unanswered(): number {
    return this.outbox.size;
  }

  /**
   * Starts connecting and resolves with the first session; it keeps connected from then on. Called again it is the same
   * wait, or resolves with the session there is. Where the server did not want this client, it tries anew.
   * @throws RequestFailed when the server does not want this client, and when it is closed before or was closed already
   */
  connect(): Promise<SessionReady> {
    if (this.session) return Promise.resolve(this.session);
    if (this.ended) return Promise.reject(clientClosed());
    this.connecting ??= this.firstSession();
    return this.connecting;
  }

  /**
   * Ends everything, for good: another client that is given the same store sends what is not sent yet. Whoever still
   * waits for this one hears that it was closed.
   */
  close(): void {
    this.ended = true;
    this.sessionLost();
    this.outbox.close();
    this.typing.close();
    this.connection.close();
    this.noMore(clientClosed());
  }

  /** The same object for the same id, whether anything is known of it yet or not. */
  conversation(conversationId: string): Conversation {
    const { conversations, states, outbox, receipts, typing } = this;
    const known = this.handles.get(conversationId);
    if (known) return known;
    const parts = { conversations, states, outbox, receipts, typing, sync: () => this.sync() };
    const conversation = new Conversation(conversationId, parts);
    this.handles.set(conversationId, conversation);
    return conversation;
  }

  /** As a conversation's `send`, with all of the answer. @throws RequestFailed */
  send(conversationId: string, text: string, id = mintId()): Promise<MessageSent> {
    return this.outbox.submit('message.send', { conversationId, id, text });
  }

  /** @throws RequestFailed */
  async edit(conversationId: string, id: string, text: string, commandId = mintId()): Promise<Message> {
    return (await this.outbox.submit('message.edit', { conversationId, id, commandId, text })).message;
  }

  /** @throws RequestFailed */
  async delete(conversationId: string, id: string, commandId = mintId()): Promise<Message> {
    return (await this.outbox.submit('message.delete', { conversationId, id, commandId })).message;
  }

  /** What this device holds of a conversation, row by row. */
  conversationState(conversationId: string): ConversationState | undefined {
    return this.states.get(conversationId);
  }

  held(): Iterable<ConversationState> {
    return this.states.all();
  }

  /**
   * Asks the server for everything that is missing, and resolves when it is here: without a connection, after the next
   * one. Rejects when the client is closed before, by whichever side.
   * @throws RequestFailed
   */
  sync(): Promise<void> {
    const { reasonToStop } = this;
    const result = reasonToStop ? Promise.reject(reasonToStop) : this.synchronizer.complete();
    // Whoever does not wait for it is told by `closed`.
    result.catch(() => undefined);
    return result;
  }

  private firstSession(): Promise<SessionReady> {
    const session = new Promise<SessionReady>((resolve, reject) => {
      this.connected = resolve;
      this.notConnected = (error) => {
        this.connecting = null;
        reject(error);
      };
    });
    // Whoever does not wait for it is told by `closed`.
    session.catch(() => undefined);
    this.reasonToStop = null;
    this.outbox.resume();
    void this.startFromStore();
    this.connection.connect();
    return session;
  }

  /** Nobody waits any longer for a session, or for what comes with one. */
  private noMore(error: RequestFailed): void {
    this.reasonToStop = error;
    this.notConnected(error);
    this.synchronizer.giveUp(error);
  }

  /** Where the store cannot be read, whoever sends hears of it; to receive, nothing of it is needed. */
  private async startFromStore(): Promise<void> {
    // What waits to be sent is shown with its sender, also before there is a session.
    const userId = await this.store.get(USER).catch(() => undefined);
    if (typeof userId === 'string' && !this.session) this.belongsTo(userId);
    this.outbox.start().catch(() => undefined);
  }

  private belongsTo(userId: string): void {
    if (userId === this.states.userId) return;
    this.states.userId = userId;
    this.receipts.userId = userId;
    this.outbox.belongsTo(userId);
    this.receiptSender.start(userId).catch(() => undefined);
    for (const conversation of this.handles.values()) conversation.updated();
  }

  private listen(): void {
    const { connection, emitter, options } = this;
    connection.on('state', (state) => emitter.emit('state', state));
    connection.on('trouble', (error) => emitter.emit('trouble', error));
    connection.on('ready', (session) => {
      this.belongsTo(session.userId);
      // Only used before the next session: where it cannot be kept, that one says it.
      this.store.put(USER, session.userId).catch(() => undefined);
      options.observer?.ready?.(session);
      this.synchronizer.sessionBegan();
      this.outbox.sessionBegan();
      this.receiptSender.sessionBegan();
      this.presence.sessionBegan();
      this.connecting = null;
      this.connected(session);
      emitter.emit('ready', session);
    });
    connection.on('lost', () => {
      this.sessionLost();
      options.observer?.lost?.();
      emitter.emit('lost', undefined);
    });
    connection.on('closed', (reason) => {
      this.noMore(closedByServer(reason));
      this.outbox.rest();
      emitter.emit('closed', reason);
    });
    connection.on('resync', () => {
      this.synchronizer.sessionBegan();
      this.presence.sessionBegan();
    });
    connection.on('event', (event) => this.event(event));
  }

  private sessionLost(): void {
    this.synchronizer.sessionLost();
    this.receiptSender.sessionLost();
    this.presence.sessionLost();
  }

  /** An event of a name that is not known here belongs to a newer server, and is nothing to this client. */
  private event(event: { name: string; body: unknown }): void {
    if (isConversationEvent(event)) {
      this.options.observer?.delivered?.(event);
      this.states.event(event);
    } else if (event.name === 'receipt.advanced') {
      const receipt = event.body as ReceiptAdvanced;
      this.receipts.advance(receipt.conversationId, receipt);
    } else if (event.name === 'receipt.summarized') this.receipts.summarize(event.body as ReceiptSummarized);
    else if (event.name === 'typing.changed') this.typing.hear(event.body as TypingChanged);
    else if (event.name === 'presence.changed') this.presence.hear(event.body as Presence);
  }

  private synced(conversationId: string, answer: SyncedConversation): void {
    this.options.observer?.synced?.(conversationId, answer);
    const { readSeq } = answer;
    if (readSeq !== undefined) this.receipts.ownMoved({ conversationId, deliveredSeq: readSeq, readSeq });
  }

  private changed(conversationId: string, changes: readonly Change[]): void {
    this.options.observer?.changed?.(conversationId, changes);
    for (const change of changes) {
      if (change.kind !== 'message' || change.how !== 'new') continue;
      const { senderId, seq } = change.message;
      this.receipts.wrote(conversationId, senderId, seq);
      this.typing.hear({ conversationId, userId: senderId, active: false });
    }
    const lastSeq = this.states.get(conversationId)?.lastSeq ?? 0;
    if (this.options.receipts === 'auto' && lastSeq > 0) this.receipts.deliver(conversationId, lastSeq);
    this.announcer.changed(conversationId, changes);
  }

  private outboxObserver() {
    const updated = ({ body }: OutboxEntry): void => this.announcer.updated(body.conversationId);
    return {
      queued: updated,
      discarded: updated,
      settled: (entry: OutboxEntry, result: Result): void => {
        const { command, body } = entry;
        if ('data' in result) {
          const how = command === 'message.send' ? 'created' : 'changed';
          this.states.acknowledged((result.data as { message: Message }).message, how);
        } else if (command === 'message.send') {
          const failed = shownEntry({ ...entry, ...result }, this.states.userId, new Date().toISOString());
          this.announcer.failed(body.conversationId, failed);
        }
        updated(entry);
      },
    };
  }

  /** The connection, with the observer in between. */
  private observedLink(): CommandLink {
    const { connection, options } = this;
    return {
      online: () => connection.online(),
      renew: () => connection.renew(),
      attempt: async <Name extends ConversationCommand>(
        attempt: Attempt<Name>,
      ): Promise<Ack<SocketCommandData<Name>>> => {
        const answered = options.observer?.attempted?.(attempt);
        const answer = await connection.request<SocketCommandData<Name>>(attempt.command, attempt.body);
        answered?.(answer);
        return answer;
      },
    };
  }
}
