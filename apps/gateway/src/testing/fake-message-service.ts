import {
  type CommandRecord,
  commandRecordSchema,
  type DeliveredEventName,
  inboxTopic,
  topics,
} from '@parley/contracts';
import { encodeDelivery, encodeDied, encodePing, encodeReply } from '@parley/contracts/inbox';
import type { Consumption, MemoryBus } from '@parley/event-bus';

type Handler = (command: CommandRecord) => void;

/** Reads the command log and writes to inboxes, as the message service does. It does what the test tells it. */
export class FakeMessageService {
  readonly commands: CommandRecord[] = [];
  private handler: Handler = () => undefined;
  private consumption: Consumption | undefined;

  private constructor(private readonly bus: MemoryBus) {}

  static async start(bus: MemoryBus): Promise<FakeMessageService> {
    const service = new FakeMessageService(bus);
    await bus.topics.ensure([topics.conversationCommands]);
    service.consumption = await bus.consumer.consume({
      group: 'message',
      topics: [topics.conversationCommands.name],
      onBatch: async ({ records }) => {
        for (const { value } of records) {
          const command = commandRecordSchema.parse(JSON.parse(value?.toString() ?? ''));
          service.commands.push(command);
          service.handler(command);
        }
      },
    });
    return service;
  }

  async stop(): Promise<void> {
    await this.consumption?.stop();
  }

  /** Called with each command from now on. */
  onCommand(handler: Handler): void {
    this.handler = handler;
  }

  nextCommand(): Promise<CommandRecord> {
    return new Promise((resolve) => this.onCommand(resolve));
  }

  /** @param ack JSON */
  async reply({ origin }: CommandRecord, ack: string): Promise<void> {
    await this.write(origin.slot, encodeReply(origin.incarnation, origin.request, ack));
  }

  async deliver(
    to: { slot?: string; incarnation: number; recipients: number[]; except?: number },
    event: DeliveredEventName,
    body: string,
  ): Promise<void> {
    const recipients = JSON.stringify(to.recipients);
    await this.write(
      to.slot ?? 'gateway-0',
      encodeDelivery(to.incarnation, recipients, to.except ?? null, event, body),
    );
  }

  async declareDead(slot: string, incarnation: number): Promise<void> {
    await this.write(slot, encodeDied(incarnation));
  }

  async ping(slot: string, incarnation: number): Promise<void> {
    await this.write(slot, encodePing(incarnation, 1));
  }

  private async write(slot: string, value: string): Promise<void> {
    await this.bus.publisher.publish([{ topic: inboxTopic(slot).name, value }]);
  }
}
