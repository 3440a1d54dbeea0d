import { RequestFailed } from '@parley/client';
import { type Message } from '@parley/contracts';
import { pause } from './conditions.js';
import { SeededRandom } from './random.js';
import { type LoggedDevice } from './logged-device.js';

export interface LoadOptions {
  readonly devices: readonly LoggedDevice[];
  readonly conversations: readonly string[];
  readonly random: SeededRandom;
  /** Messages that each device begins per second, where the answers come in time. */
  readonly ratePerDevice: number;
  /** Parts of 1: how many of the changes are edits and deletions of own messages; and of others, whatever else. */
  readonly edits?: number;
  readonly deletions?: number;
  readonly reactions?: number;
  readonly replies?: number;
  /** How often somebody reads instead of writing. */
  readonly reads?: number;
  /** True for people who write on without waiting for an answer, as when there is no network. */
  readonly impatient?: boolean;
}

type Deed = 'send' | 'edit' | 'delete' | 'react' | 'reply' | 'read';

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
    const { ratePerDevice, conversations, impatient = false } = this.options;
    // Numbers of its own: how fast answers come to others must not change what this one does.
    const random = new SeededRandom(this.options.random.seed + index * 7919);
    const underWay = new Set<Promise<void>>();
    await pause(random.between(0, 1000 / ratePerDevice));
    while (this.running) {
      const rest = pause((1000 / ratePerDevice) * (0.5 + random.next()));
      const text = `device ${index}, text ${this.count++}`;
      const change = this.change(device, random.pick(conversations), text, random);
      if (impatient) {
        underWay.add(change);
        change.finally(() => underWay.delete(change)).catch(() => undefined);
      } else await change;
      await rest;
    }
    await Promise.all(underWay);
  }

  private draw(random: SeededRandom): Deed {
    const { edits = 0, deletions = 0, reactions = 0, replies = 0, reads = 0 } = this.options;
    let dice = random.next();
    const parts = { edit: edits, delete: deletions, react: reactions, reply: replies, read: reads };
    for (const [deed, part] of Object.entries(parts)) {
      if (dice < part) return deed as Deed;
      dice -= part;
    }
    return 'send';
  }

  private async change(
    device: LoggedDevice,
    conversationId: string,
    text: string,
    random: SeededRandom,
  ): Promise<void> {
    const deed = this.draw(random);
    const luck = random.next();
    const conversation = device.client.conversation(conversationId);
    const pick = (mine: boolean): Message | undefined => {
      const rows = [...(device.client.conversationState(conversationId)?.messages.values() ?? [])].filter(
        ({ senderId, deletedAt }) => deletedAt === null && (!mine || senderId === device.userId),
      );
      return rows[Math.floor(luck * rows.length)];
    };
    const target = deed === 'send' ? undefined : pick(deed === 'edit' || deed === 'delete');
    try {
      if (!target) await conversation.send({ text });
      else if (deed === 'edit') await conversation.edit(target.id, text);
      else if (deed === 'delete') await conversation.delete(target.id);
      else if (deed === 'react') await conversation.react(target.id, luck < 0.5 ? '👍' : '🎉', luck < 0.8);
      else if (deed === 'reply') {
        await conversation.send({ text, replyTo: target.id, mentions: [target.senderId] });
      } else {
        device.log.record({ kind: 'read', conversationId, readSeq: target.seq });
        conversation.markRead(target.seq);
        return;
      }
      this.answered += 1;
    } catch (error) {
      // Refusals are part of the history: the checker decides whether they were right.
      if (!(error instanceof RequestFailed)) throw error;
    }
  }
}
