/** Every limit of the product: its default, the most it may be configured to, its unit and why it is there. */
export interface Limit {
  readonly default: number;
  readonly max: number;
  readonly unit: string;
  readonly reason: string;
  /** What sets it, for a gateway; without one the default is what holds. */
  readonly variable?: string;
}

export const limits = {
  textLength: {
    default: 8_000,
    max: 32_000,
    unit: 'UTF-16 code units',
    reason: 'A message is read by people; longer text is a file.',
    variable: 'LIMIT_TEXT_LENGTH',
  },
  nameLength: {
    default: 128,
    max: 128,
    unit: 'UTF-16 code units',
    reason: 'Names stand in one line of a list.',
  },
  usernameLength: { default: 32, max: 32, unit: 'characters', reason: 'Names that people type.' },
  passwordLength: { default: 256, max: 256, unit: 'characters', reason: 'Bounds the cost of hashing one.' },
  frameBytes: {
    default: 128 * 1024,
    max: 1024 * 1024,
    unit: 'bytes',
    reason: 'The largest frame a client may send; beyond it the socket closes with 1009.',
    variable: 'LIMIT_FRAME_BYTES',
  },
  commandsPerSecond: {
    default: 100,
    max: 10_000,
    unit: 'commands per second and device',
    reason: 'One device must not crowd out the others.',
    variable: 'LIMIT_COMMANDS_PER_SECOND',
  },
  commandBurst: {
    default: 300,
    max: 30_000,
    unit: 'commands',
    reason: 'What a device may send at once after a pause.',
    variable: 'LIMIT_COMMAND_BURST',
  },
  inFlightPerSocket: {
    default: 256,
    max: 4_096,
    unit: 'commands without an answer',
    reason: 'Bounds what a gateway must remember for one socket.',
    variable: 'LIMIT_IN_FLIGHT_PER_SOCKET',
  },
  socketsPerUser: {
    default: 32,
    max: 1_024,
    unit: 'live sockets on one gateway',
    reason: 'A fan-out to one person must stay small.',
    variable: 'LIMIT_SOCKETS_PER_USER',
  },
  waitingBytesPerSocket: {
    default: 4 * 1024 * 1024,
    max: 64 * 1024 * 1024,
    unit: 'bytes',
    reason: 'A reader slower than its conversations is closed and syncs when it is back.',
    variable: 'LIMIT_WAITING_BYTES_PER_SOCKET',
  },
  groupMembers: {
    default: 10_000,
    max: 10_000,
    unit: 'members',
    reason: 'The largest group that is tested.',
  },
  membersPerRequest: {
    default: 500,
    max: 500,
    unit: 'users',
    reason: 'One change of membership is one transaction.',
  },
  mentionsPerMessage: {
    default: 50,
    max: 50,
    unit: 'users',
    reason: 'Beyond that a message is meant for everybody.',
  },
  emojiLength: {
    default: 64,
    max: 64,
    unit: 'UTF-16 code units',
    reason: 'The longest emoji are sequences of about ten code points with joiners.',
  },
  reactionsPerMessage: {
    default: 100,
    max: 100,
    unit: 'different emoji',
    reason: 'Each travels with every change of the message.',
  },
  receiptGroupMembers: {
    default: 100,
    max: 100,
    unit: 'members',
    reason: 'In larger groups marks are told as counts: one reader must not cost a delivery to each member.',
  },
  summarizedMessages: {
    default: 20,
    max: 20,
    unit: 'newest messages of a group',
    reason: 'In larger groups the marks of these are told as counts; those of older ones are asked for.',
  },
  unreadCount: {
    default: 100,
    max: 100,
    unit: 'messages',
    reason: 'A badge says 99+: further counting would cost and tell nobody anything.',
  },
  presenceWatched: {
    default: 500,
    max: 500,
    unit: 'people watched by one session',
    reason: 'What fits on a screen, with some to spare.',
  },
  presenceQueried: {
    default: 200,
    max: 200,
    unit: 'people in one request',
    reason: 'Their ids fit into the 8 KB of a request line that every proxy takes. Several grants add up.',
  },
  presenceReportBurst: {
    default: 10,
    max: 10,
    unit: 'changes of state of one session at once, and then one every 2 seconds',
    reason: 'Each is told to everybody who watches: a screen that flickers must not cost much.',
  },
  blocks: { default: 1_000, max: 1_000, unit: 'people blocked by one user', reason: 'A list for people.' },
  historyPage: { default: 50, max: 100, unit: 'messages', reason: 'A page of history.' },
  listPage: { default: 50, max: 100, unit: 'items', reason: 'A page of any other list.' },
  syncConversations: {
    default: 200,
    max: 200,
    unit: 'conversations per request',
    reason: 'One snapshot stays short.',
  },
  syncMessages: {
    default: 200,
    max: 200,
    unit: 'messages per conversation',
    reason: 'More than that since the cursor, and the newest page is sent instead.',
  },
  syncMoved: {
    default: 1_000,
    max: 1_000,
    unit: 'conversations per answer',
    reason: 'What moved is told page by page where somebody is in very many.',
  },
  loginFailuresPerUser: {
    default: 10,
    max: 1_000,
    unit: 'wrong passwords in 15 minutes',
    reason: 'Guessing one password must not pay.',
  },
  loginFailuresPerAddress: {
    default: 100,
    max: 10_000,
    unit: 'wrong passwords in 15 minutes',
    reason: 'Nor trying one password on many names; a whole office may share an address.',
  },
  commandsQueued: {
    default: 20_000,
    max: 200_000,
    unit: 'commands waiting in one gateway',
    reason: 'Beyond it sends are refused as OVERLOADED, never half accepted.',
    variable: 'LIMIT_COMMANDS_QUEUED',
  },
} as const satisfies Record<string, Limit>;

export type LimitName = keyof typeof limits;

/** Times that hang together; milliseconds. Change one only together with the others. */
export const timing = {
  /** The gateway's own produce gives up within this. */
  produceTimeoutMs: 5_000,
  /** A command without an answer is answered `TIMEOUT`, outcome unknown. */
  answerTimeoutMs: 5_000,
  /** The client waits this long for an ack; longer than the gateway, so that the gateway's answer arrives. */
  clientAckTimeoutMs: 8_000,
  /** A command older than this, by the broker's clock, is not carried out any more. */
  commandLifeMs: 60_000,
  /** Pace of heartbeats and of the liveness ticks. */
  heartbeatMs: 2_000,
  /** Own ticks without a heartbeat between them after which an incarnation is declared dead. */
  ticksUntilDead: 4,
  /** After this long without Kafka a gateway refuses handshakes and drains. */
  drainAfterKafkaAwayMs: 20_000,
  /** A gateway gathers the marks of a device and conversation for this long before it passes them on. */
  receiptMergeMs: 100,
  /** In groups too large for single marks: the least time between two summaries of who has read. */
  receiptSummaryMs: 1_000,
  /** The same where nobody has read on, and only delivered marks moved. */
  deliverySummaryMs: 5_000,
  /** Somebody who is typing and says nothing more has ceased to. */
  typingLifeMs: 6_000,
  /** Our own access tokens are accepted for this long, unless their device is logged out. */
  accessTokenLifeMs: 15 * 60_000,
  /** A grant of `GET /v1/presence` is taken for this long. */
  presenceGrantLifeMs: 5 * 60_000,
  /** A clean disconnect becomes `offline` after this long, so that a reconnect is no flicker. */
  offlineAfterMs: 10_000,
  /** People of a gateway that died become `offline` after this long, unless they are announced anew. */
  offlineAfterDeathMs: 4_000,
  /** Results of commands are remembered for this long, so that a retry gets the same answer. */
  commandResultLifeMs: 7 * 24 * 3600 * 1000,
} as const;
