import {
  type Ack,
  type Message,
  type MessageSent,
  type SessionClosed,
  type SessionReady,
  type SocketCommandData,
} from '@parley/contracts';
import { Accounts } from './api/accounts.js';
import { Api } from './api/api.js';
import { Conversations } from './api/conversations.js';
import { Connection, type TokenProvider } from './connection/connection.js';
import { type Change, type ConversationState } from './conversations/conversation-state.js';
import { ConversationStates } from './conversations/conversation-states.js';
import { type SyncTimes, defaultSyncTimes, Synchronizer } from './conversations/synchronizer.js';
import { Emitter } from './emitter.js';
import { mintId } from './ids.js';
import { type ClientObserver } from './observer.js';
import {
  type Attempt,
  type CommandLink,
  type ConversationCommand,
  defaultOutboxOptions,
  Outbox,
  type OutboxOptions,
} from './outbox/outbox.js';

export interface ClientOptions {
  /** The origin of the server, such as `https://chat.example`. */
  readonly url: string;
  /** Where the sockets are, if not at `url`. */
  readonly socketUrl?: string;
  readonly token: TokenProvider;
  /** Keep it over restarts: it is what makes this installation one device. */
  readonly deviceId?: string;
  readonly observer?: ClientObserver;
  readonly syncTimes?: Partial<SyncTimes>;
  readonly outbox?: Partial<OutboxOptions>;
}

export interface ClientEvents {
  ready: SessionReady;
  lost: undefined;
  closed: SessionClosed;
  message: { conversationId: string; how: 'new' | 'changed'; message: Message };
  /** Everything that changed in a conversation, messages included. */
  changed: { conversationId: string; changes: readonly Change[] };
  left: { conversationId: string; leftVersion: number };
}

/** One device of one person: sends until it is answered, and holds what the server holds. */
export class ParleyClient {
  readonly deviceId: string;
  readonly accounts: Accounts;
  readonly conversations: Conversations;
  readonly api: Api;
  private readonly emitter = new Emitter<ClientEvents>();
  private readonly connection: Connection;
  private readonly states: ConversationStates;
  private readonly synchronizer: Synchronizer;
  private readonly outbox: Outbox;
  private readonly observer: ClientObserver;

  constructor(options: ClientOptions) {
    this.deviceId = options.deviceId ?? mintId();
    this.observer = options.observer ?? {};
    const { url, token, socketUrl = url } = options;
    this.api = new Api({ url, token: () => token({ fresh: false }) });
    this.accounts = new Accounts(this.api);
    this.conversations = new Conversations(this.api);
    this.connection = new Connection({ url: socketUrl, deviceId: this.deviceId, token });
    this.states = new ConversationStates({
      changed: (conversationId, changes) => this.changed(conversationId, changes),
      synced: (conversationId, answer) => this.observer.synced?.(conversationId, answer),
      missing: (conversationId, unknown) => {
        if (unknown) this.synchronizer.fetch(conversationId);
        else this.synchronizer.fillLater(conversationId);
      },
    });
    const times = { ...defaultSyncTimes, ...options.syncTimes };
    this.synchronizer = new Synchronizer(this.conversations, this.states, times);
    this.outbox = new Outbox(this.observedLink(), { ...defaultOutboxOptions, ...options.outbox });
    this.listen();
  }

  readonly on = this.emitter.on.bind(this.emitter);

  get session(): SessionReady | null {
    return this.connection.session;
  }

  /** Conversations with commands that are not answered yet. */
  get unanswered(): number {
    return this.outbox.size;
  }

  /** Starts connecting and resolves with the first session. It keeps connected from then on. */
  connect(): Promise<SessionReady> {
    return new Promise((resolve, reject) => {
      const offs = [
        this.emitter.on('ready', (session) => {
          offs.forEach((off) => off());
          resolve(session);
        }),
        this.emitter.on('closed', ({ code, message }) => {
          offs.forEach((off) => off());
          reject(new Error(`${code}: ${message}`));
        }),
      ];
      this.connection.connect();
    });
  }

  close(): void {
    this.outbox.close();
    this.synchronizer.sessionLost();
    this.connection.close();
  }

  /**
   * Resolves when the message is stored, with its place in the conversation.
   * @throws RequestFailed
   */
  async send(conversationId: string, text: string, id = mintId()): Promise<MessageSent> {
    const sent = await this.outbox.submit('message.send', { conversationId, id, text });
    this.states.acknowledged(sent.message, 'created');
    return sent;
  }

  /** @throws RequestFailed */
  async edit(conversationId: string, id: string, text: string, commandId = mintId()): Promise<Message> {
    const { message } = await this.outbox.submit('message.edit', { conversationId, id, commandId, text });
    this.states.acknowledged(message, 'changed');
    return message;
  }

  /** @throws RequestFailed */
  async delete(conversationId: string, id: string, commandId = mintId()): Promise<Message> {
    const { message } = await this.outbox.submit('message.delete', { conversationId, id, commandId });
    this.states.acknowledged(message, 'changed');
    return message;
  }

  /** What this device holds of a conversation. */
  conversation(conversationId: string): ConversationState | undefined {
    return this.states.get(conversationId);
  }

  held(): Iterable<ConversationState> {
    return this.states.all();
  }

  /** Asks the server for everything that is missing, and resolves when it is here. */
  async sync(): Promise<void> {
    this.synchronizer.catchUp();
    await this.synchronizer.settled();
  }

  private listen(): void {
    this.connection.on('ready', (session) => {
      this.states.userId = session.userId;
      this.observer.ready?.(session);
      this.synchronizer.sessionBegan();
      this.emitter.emit('ready', session);
    });
    this.connection.on('lost', () => {
      this.synchronizer.sessionLost();
      this.observer.lost?.();
      this.emitter.emit('lost', undefined);
    });
    this.connection.on('closed', (reason) => this.emitter.emit('closed', reason));
    this.connection.on('resync', () => this.synchronizer.sessionBegan());
    this.connection.on('event', (event) => {
      this.observer.delivered?.(event);
      this.states.event(event);
    });
  }

  private changed(conversationId: string, changes: readonly Change[]): void {
    this.observer.changed?.(conversationId, changes);
    this.emitter.emit('changed', { conversationId, changes });
    for (const change of changes) {
      if (change.kind === 'message') {
        this.emitter.emit('message', { conversationId, how: change.how, message: change.message });
      } else if (change.kind === 'left') {
        this.emitter.emit('left', { conversationId, leftVersion: change.leftVersion });
      }
    }
  }

  /** The connection, with the observer in between. */
  private observedLink(): CommandLink {
    const { connection, observer } = this;
    return {
      online: () => connection.online(),
      renew: () => connection.renew(),
      attempt: async <Name extends ConversationCommand>(
        attempt: Attempt<Name>,
      ): Promise<Ack<SocketCommandData<Name>>> => {
        const answered = observer.attempted?.(attempt);
        const answer = await connection.attempt(attempt);
        answered?.(answer);
        return answer;
      },
    };
  }
}
