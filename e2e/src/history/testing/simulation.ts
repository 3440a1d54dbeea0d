import {
  type Entry,
  type FinalRead,
  type History,
  type MarkPair,
  type Operation,
  type Row,
  type StoredMembership,
} from '../entries.js';

/** One thing that a person does, in a world where everything keeps its promise. */
export interface Step {
  readonly kind: 'send' | 'answer lost' | 'send lost' | 'refused' | 'edit' | 'delete' | 'read' | 'leave';
  readonly actor: number;
  readonly target: number;
  /** Milliseconds until the ack, and until the others get it; long ones make sends overlap. */
  readonly ackDelay: number;
  readonly deliveryDelay: number;
}

interface Device {
  readonly user: string;
  readonly device: string;
  lastShownAt: number;
  lastMarkAt: number;
}

const conversationId = 'conversation';
const STEP_MS = 10;

/** Plays steps against a correct server with one group and several devices per person, and keeps the log. */
export class Simulation {
  private now = 0;
  private version = 1;
  private readonly entries: Entry[] = [];
  private readonly rows: Row[] = [];
  private readonly devices: Device[] = [];
  private readonly memberships: StoredMembership[] = [];
  private readonly marks = new Map<string, MarkPair>();
  private readonly shownVersions = new Map<string, number>();

  constructor(users: number) {
    for (let user = 0; user < users; user += 1) {
      const userId = `user-${user}`;
      this.memberships.push({
        conversationId,
        userId,
        joinedVersion: 1,
        leftVersion: null,
        visibleFromSeq: 1,
      });
      for (const device of ['phone', 'laptop'])
        this.devices.push({ user: userId, device, lastShownAt: 0, lastMarkAt: 0 });
    }
  }

  play(steps: readonly Step[]): History {
    steps.forEach((step, index) => this.step(step, index));
    const conversations = [{ id: conversationId, version: this.version, lastSeq: this.rows.length }];
    const messages = this.rows.map((row) => ({ ...row, conversationId }));
    const marks = [...this.marks].map(([userId, mark]) => ({ conversationId, userId, ...mark }));
    return {
      entries: this.entries.sort((left, right) => left.at - right.at),
      reads: this.reads(),
      dump: { conversations, memberships: [...this.memberships], messages, marks },
    };
  }

  private step(step: Step, index: number): void {
    this.now += STEP_MS;
    const device = this.devices[step.actor % this.devices.length];
    if (!device || !this.isMember(device.user)) return;
    const id = `message-${index}`;
    const text = `text of ${index}`;
    const row = this.rows[step.target % Math.max(1, this.rows.length)];
    switch (step.kind) {
      case 'send':
        return this.send(device, id, text, step);
      case 'answer lost':
        this.invoke(device, 'send', id, id, text);
        this.fail(device, 'send', id, id, 'unknown');
        return this.send(device, id, text, step);
      case 'send lost':
        this.invoke(device, 'send', id, id, text);
        return this.fail(device, 'send', id, id, 'unknown');
      case 'refused':
        this.invoke(device, 'send', id, id, text);
        return this.fail(device, 'send', id, id, 'none');
      case 'edit':
        return row && row.text !== null
          ? this.revise(device, 'edit', row, `edited ${index}`, step)
          : undefined;
      case 'delete':
        return row && row.text !== null ? this.revise(device, 'delete', row, null, step) : undefined;
      case 'read':
        return this.rows.length > 0 ? this.read(device, step) : undefined;
      case 'leave':
        return this.leave(device.user);
    }
  }

  private isMember(user: string): boolean {
    return this.memberships.some(({ userId, leftVersion }) => userId === user && leftVersion === null);
  }

  private add(device: Device, at: number, entry: object): void {
    const { user, device: name } = device;
    this.entries.push({ at, user, device: name, session: `${user}/${name}/1`, ...entry } as Entry);
  }

  private invoke(
    device: Device,
    operation: Operation,
    id: string,
    commandId: string,
    text: string | null,
  ): void {
    this.add(device, this.now, { kind: 'invoke', operation, conversationId, id, commandId, text });
  }

  private fail(device: Device, operation: Operation, id: string, commandId: string, outcome: string): void {
    const refusal = {
      kind: 'fail',
      operation,
      conversationId,
      id,
      commandId,
      code: 'FORBIDDEN',
      stored: false,
    };
    this.add(device, this.now + 1, { ...refusal, outcome });
  }

  private send(device: Device, id: string, text: string, step: Step): void {
    this.now += 2;
    this.invoke(device, 'send', id, id, text);
    this.version += 1;
    const { version } = this;
    const seq = this.rows.length + 1;
    const row: Row = { id, seq, version, createdVersion: version, senderId: device.user, text };
    this.rows.push(row);
    this.tell(device, 'send', id, row, step);
  }

  private revise(device: Device, operation: Operation, row: Row, text: string | null, step: Step): void {
    const commandId = `command-${this.version}`;
    this.invoke(device, operation, row.id, commandId, text);
    this.version += 1;
    const revised = { ...row, version: this.version, text };
    this.rows[row.seq - 1] = revised;
    this.tell(device, operation, commandId, revised, step);
  }

  /** Up to some message: on this device, and so on all devices of all members. */
  private read(device: Device, { target, deliveryDelay }: Step): void {
    const { user } = device;
    const before = this.marks.get(user);
    const readSeq = Math.max(before?.readSeq ?? 0, 1 + (target % this.rows.length));
    const mark = { deliveredSeq: Math.max(before?.deliveredSeq ?? 0, readSeq), readSeq };
    this.add(device, this.now, { kind: 'read', conversationId, readSeq });
    this.marks.set(user, mark);
    for (const each of this.devices) {
      if (!this.isMember(each.user)) continue;
      each.lastMarkAt = Math.max(this.now + deliveryDelay, each.lastMarkAt) + 0.001;
      this.add(each, each.lastMarkAt, { kind: 'mark', conversationId, subject: user, ...mark });
    }
  }

  private leave(user: string): void {
    if (this.memberships.filter(({ leftVersion }) => leftVersion === null).length < 2) return;
    this.version += 1;
    const leftVersion = this.version;
    const index = this.memberships.findIndex((membership) => membership.userId === user);
    const membership = this.memberships[index];
    if (membership) this.memberships[index] = { ...membership, leftVersion };
    for (const device of this.devices) {
      if (device.user !== user) continue;
      const at = Math.max(this.now, device.lastShownAt) + 0.001;
      this.add(device, at, { kind: 'left', conversationId, leftVersion });
    }
  }

  private tell(origin: Device, operation: Operation, commandId: string, row: Row, step: Step): void {
    const at = this.now + 1 + step.ackDelay;
    const { id, seq, version } = row;
    this.add(origin, at, { kind: 'ok', operation, conversationId, id, commandId, seq, version });
    for (const device of this.devices) {
      if (!this.isMember(device.user)) continue;
      const seenAt = device === origin ? at : this.now + 1 + step.deliveryDelay;
      if (device !== origin) {
        const event = operation === 'send' ? 'message.created' : 'message.edited';
        this.add(device, seenAt, { kind: 'delivery', event, conversationId, version, message: row });
      }
      this.show(device, seenAt, row);
    }
  }

  private show(device: Device, at: number, row: Row): void {
    device.lastShownAt = Math.max(at, device.lastShownAt) + 0.001;
    const key = `${device.user}/${device.device}/${row.id}`;
    const how = this.shownVersions.has(key) ? 'changed' : 'new';
    this.shownVersions.set(key, row.version);
    this.add(device, device.lastShownAt, { kind: 'shown', how, conversationId, message: row });
  }

  private reads(): FinalRead[] {
    const held = { conversationId, floorSeq: 1, messages: this.rows };
    const live = this.devices.map(({ user, device }) => ({ user, device, kind: 'live' as const }));
    const users = [...new Set(this.devices.map(({ user }) => user))];
    const fresh = users.map((user) => ({ user, device: 'fresh', kind: 'fresh' as const }));
    return [...live, ...fresh].map((reader) => {
      const mine = { ...held, messages: [...this.rows], ...this.standing(reader.user) };
      return { ...reader, conversations: this.isMember(reader.user) ? [mine] : [] };
    });
  }

  private standing(user: string): { marks: MarkPair; unreadCount: number } {
    const own = this.rows.findLast(({ senderId }) => senderId === user)?.seq ?? 0;
    const { deliveredSeq = 0, readSeq = 0 } = this.marks.get(user) ?? {};
    const marks = { deliveredSeq: Math.max(deliveredSeq, own), readSeq: Math.max(readSeq, own) };
    const unread = this.rows.filter(({ seq, text }) => seq > marks.readSeq && text !== null);
    return { marks, unreadCount: Math.min(100, unread.length) };
  }
}

export const simulate = (users: number, steps: readonly Step[]): History => new Simulation(users).play(steps);
