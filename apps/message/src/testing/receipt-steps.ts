import { type Receipt, type SignalOf } from '@parley/contracts';
import { randomUUID } from 'node:crypto';
import { type CommandHarness, type Delivery } from './command-harness.js';

/** As a gateway appends it. */
export function advance(
  conversationId: string,
  userId: string,
  marks: { deliveredSeq?: number; readSeq?: number },
): SignalOf<'receipt.advance'> {
  const deviceId = randomUUID();
  return { kind: 'receipt.advance', conversationId, userId, deviceId, ...marks, deviceActive: true };
}

/** What specs of receipts do with a harness, and what they see of it. */
export class ReceiptSteps {
  constructor(
    private readonly harness: CommandHarness,
    private readonly life: { readonly slot: string; readonly incarnation: number },
  ) {}

  /** A conversation of these members with that many messages, written by the first. */
  async conversation(members: string[], messages: number): Promise<string> {
    const roles = Object.fromEntries(members.map((id, n) => [id, n === 0 ? 'owner' : 'member'] as const));
    const id = await this.harness.insertConversation(roles);
    await this.addMessages(id, members[0] ?? '', messages);
    return id;
  }

  async addMessages(id: string, senderId: string, messages: number): Promise<void> {
    await this.harness.pool.query(
      `INSERT INTO messaging.messages (conversation_id, seq, id, version, created_version, sender_id, text, created_at,
         command_partition, command_offset, command_index)
       SELECT $1, c.last_seq + n, gen_random_uuid(), c.version + n, c.version + n, $2, 'text', now(), 0, 0, 0
       FROM messaging.conversations c, generate_series(1, $3::int) n WHERE c.id = $1`,
      [id, senderId, messages],
    );
    await this.harness.pool.query(
      'UPDATE messaging.conversations SET last_seq = last_seq + $2, version = version + $2 WHERE id = $1',
      [id, messages],
    );
  }

  /** Delivered and read marks by user id. */
  async stored(conversationId: string): Promise<Map<string, [number, number]>> {
    const { rows } = await this.harness.pool.query<Receipt>(
      `SELECT user_id AS "userId", delivered_seq AS "deliveredSeq", read_seq AS "readSeq"
       FROM messaging.receipts WHERE conversation_id = $1`,
      [conversationId],
    );
    return new Map(rows.map(({ userId, deliveredSeq, readSeq }) => [userId, [deliveredSeq, readSeq]]));
  }

  told(event = 'receipt.advanced'): Delivery[] {
    return this.harness.deliveries.filter((delivery) => delivery.event === event);
  }

  bodies() {
    return this.told().map(({ body }) => body as unknown as Receipt & { conversationId: string });
  }

  /** Resolves when a mark appended after everything else is told: what came before is settled then. */
  async settled(): Promise<void> {
    const { deliveries } = this.harness;
    const witness = randomUUID();
    this.harness.connect(witness, this.life, 999);
    const id = await this.conversation([witness], 1);
    await this.harness.signal(advance(id, witness, { readSeq: 1 }));
    await this.harness.until(() => this.bodies().some(({ userId }) => userId === witness));
    deliveries.splice(
      deliveries.findIndex(({ recipients }) => recipients.includes(999)),
      1,
    );
  }
}
