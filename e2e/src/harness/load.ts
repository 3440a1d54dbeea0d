import { type ConversationState, RequestFailed } from '@parley/client';
import { pause } from './conditions.js';
import { type SeededRandom } from './random.js';
import { type LoggedDevice } from './logged-device.js';

export interface LoadOptions {
  readonly devices: readonly LoggedDevice[];
  readonly conversations: readonly string[];
  readonly random: SeededRandom;
  /** Messages that each device begins per second, where the answers come in time. */
  readonly ratePerDevice: number;
  /** Parts of 1: how many of the changes are edits and deletions of own messages. */
  readonly edits?: number;
  readonly deletions?: number;
}

/** People who write to each other until they are told to stop. */
export class Load {
  private running = true;
  private readonly work: Promise<void>[];
  private count = 0;
  /** Answers since the start, for tests that wait until messages flow again. */
  answered = 0;

  constructor(private readonly options: LoadOptions) {
    this.work = options.devices.map((device, index) => this.write(device, index));
    // An unexpected failure is thrown by `stop`, not into the middle of a test.
    for (const each of this.work) each.catch(() => undefined);
  }

  /** Waits for all answers: of what is asked already, and of nothing new. */
  async stop(): Promise<void> {
    this.running = false;
    await Promise.all(this.work);
  }

  /** Resolves when so many more answers have come. */
  async flowing(answers: number, withinMs: number): Promise<void> {
    const goal = this.answered + answers;
    const deadline = Date.now() + withinMs;
    while (this.answered < goal) {
      if (Date.now() > deadline) throw new Error(`no ${answers} answers within ${withinMs} ms`);
      await pause(20);
    }
  }

  private async write(device: LoggedDevice, index: number): Promise<void> {
    const { random, ratePerDevice, conversations } = this.options;
    await pause(random.between(0, 1000 / ratePerDevice));
    while (this.running) {
      const rest = pause((1000 / ratePerDevice) * (0.5 + random.next()));
      await this.change(device, random.pick(conversations), `device ${index}, text ${this.count++}`);
      await rest;
    }
  }

  private async change(device: LoggedDevice, conversationId: string, text: string): Promise<void> {
    const { random, edits = 0, deletions = 0 } = this.options;
    const dice = random.next();
    const own = dice < edits + deletions ? this.ownMessage(device, conversationId) : undefined;
    try {
      if (!own) await device.client.send(conversationId, text);
      else if (dice < edits) await device.client.edit(conversationId, own, text);
      else await device.client.delete(conversationId, own);
      this.answered += 1;
    } catch (error) {
      // Refusals are part of the history: the checker decides whether they were right.
      if (!(error instanceof RequestFailed)) throw error;
    }
  }

  private ownMessage({ client, userId }: LoggedDevice, conversationId: string): string | undefined {
    const state: ConversationState | undefined = client.conversationState(conversationId);
    const own = [...(state?.messages.values() ?? [])].filter(
      ({ senderId, deletedAt }) => senderId === userId && deletedAt === null,
    );
    return own.length === 0 ? undefined : this.options.random.pick(own).id;
  }
}
