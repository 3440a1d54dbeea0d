import { commandRecordSchema, originSchema, type CommandRecord, type Origin } from '@parley/contracts';

/** Kinds that this version knows; a newer gateway may send others in a rolling update. */
const knownKinds = new Set<unknown>(commandRecordSchema.options.map((option) => option.shape.kind.value));
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** A slot names a topic. */
const slotName = /^[a-zA-Z0-9._-]{1,200}$/;

const wellFormedRecordSchema = commandRecordSchema.refine(({ body }) => isWellFormed(body), {
  path: ['body'],
  message: 'must be well-formed Unicode',
});

function isWellFormed(body: object): boolean {
  return Object.values(body).every((value) => typeof value !== 'string' || value.isWellFormed());
}

export type CommandReading =
  | { readonly outcome: 'read'; readonly command: CommandRecord }
  /** A kind of a newer version: nothing is wrong with it, another process may know it. */
  | { readonly outcome: 'unknown kind'; readonly kind: string; readonly origin: Origin | null }
  | { readonly outcome: 'unreadable'; readonly reason: string; readonly origin: Origin | null };

/** Reads one item of `conversation.commands`. Never throws: what cannot be read is told with a reason. */
export function readCommand(value: Buffer | null): CommandReading {
  if (value === null) return { outcome: 'unreadable', reason: 'it is empty', origin: null };
  let content: unknown;
  try {
    content = JSON.parse(value.toString('utf8'));
  } catch (error) {
    return { outcome: 'unreadable', reason: `it is no JSON: ${(error as Error).message}`, origin: null };
  }
  // UTF-8 has no lone surrogates: the database would store another text than the one that is delivered.
  if (isMessageSend(content) && content.body.text.isWellFormed())
    return { outcome: 'read', command: content };
  return readAnyKind(content);
}

function readAnyKind(content: unknown): CommandReading {
  const fields = (typeof content === 'object' && content !== null ? content : {}) as Record<string, unknown>;
  const origin = readOrigin(fields['origin']);
  const { kind } = fields;
  if (typeof kind === 'string' && !knownKinds.has(kind)) return { outcome: 'unknown kind', kind, origin };
  const result = wellFormedRecordSchema.safeParse(content);
  if (result.success && origin !== null) return { outcome: 'read', command: result.data };
  const issue = result.error?.issues[0];
  const reason = issue ? `${issue.path.join('.')}: ${issue.message}` : 'origin: names no inbox';
  return { outcome: 'unreadable', reason, origin };
}

/** Null where it names no inbox. */
export function readOrigin(value: unknown): Origin | null {
  const { success, data } = originSchema.safeParse(value);
  return success && slotName.test(data.slot) ? data : null;
}

type Fields = Record<string, unknown>;

/** The same as the schema says, for the one kind that comes by the thousand; whatever fails here meets the schema next. */
function isMessageSend(content: unknown): content is CommandRecord & { kind: 'message.send' } {
  if (typeof content !== 'object' || content === null) return false;
  const { kind, conversationId, userId, commandId, body, origin } = content as Fields;
  return (
    kind === 'message.send' &&
    isId(conversationId) &&
    isId(userId) &&
    isId(commandId) &&
    typeof body === 'object' &&
    body !== null &&
    isSendBody(body as Fields) &&
    isOrigin(origin)
  );
}

function isSendBody({ text, replyTo, mentions }: Fields): boolean {
  return (
    typeof text === 'string' &&
    (replyTo === undefined || isId(replyTo)) &&
    (mentions === undefined || (Array.isArray(mentions) && mentions.every(isId)))
  );
}

function isOrigin(value: unknown): value is Origin {
  if (typeof value !== 'object' || value === null) return false;
  const { slot, incarnation, session, request } = value as Fields;
  return (
    typeof slot === 'string' &&
    slotName.test(slot) &&
    Number.isSafeInteger(incarnation) &&
    Number.isSafeInteger(request) &&
    (session === null || Number.isSafeInteger(session))
  );
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && value.length === 36 && uuid.test(value);
}
