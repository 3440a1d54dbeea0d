import { describe, expect, test } from '@jest/globals';
import { type Message, type SyncedConversation } from '@parley/contracts';
import fc from 'fast-check';
import { type Change, ConversationState } from './conversation-state.js';
import { ModelServer } from './testing/model-server.js';

/** What happens next, on the server or on the way to the device. */
const happening = fc.record({
  what: fc.constantFrom(
    'create',
    'create',
    'create',
    'edit',
    'react',
    'delete',
    'rename',
    'leave',
    'come back',
    'come back without history',
    'guest moves',
    'deliver',
    'deliver',
    'deliver next',
    'deliver next',
    'deliver next',
    'replay',
    'ask',
    'answer',
    'ask for a page',
    'page',
    'read here',
    'read elsewhere',
    'mark arrives',
  ),
  pick: fc.nat(50),
});
const create = { what: 'create', pick: 0 };
type Happening = { readonly what: string; readonly pick: number };

/** A device with its way to the server: everything may be late, lost, doubled and out of order. */
class Device {
  readonly server = new ModelServer();
  readSeq = 0;
  readonly state = new ConversationState('conversation', 'me', () => this.readSeq, 4);
  readonly changes: Change[] = [];
  private readonly answers: SyncedConversation[] = [];
  private readonly pages: { era: number; rows: Message[] }[] = [];
  private delivered = 0;

  constructor() {
    this.synced(this.server.sync(0));
  }

  happen({ what, pick }: Happening): void {
    const { server, state, answers, pages } = this;
    if (what === 'create') server.create();
    else if (what === 'edit') server.edit(pick);
    else if (what === 'react') server.react(pick);
    else if (what === 'delete') server.delete(pick);
    else if (what === 'rename') server.rename();
    else if (what === 'leave' && pick < 10) server.leave();
    else if (what === 'come back') server.comeBack(true);
    else if (what === 'come back without history') server.comeBack(false);
    else if (what === 'guest moves') server.guestMoves();
    else if (what === 'ask') answers.push(server.sync(this.cursor()));
    else if (what === 'answer') answers.splice(pick, 1).forEach((each) => this.synced(each));
    else if (what === 'ask for a page') pages.push({ era: state.era, rows: server.page(state.floorSeq) });
    else if (what === 'page') pages.splice(pick, 1).forEach(({ era, rows }) => state.hold(rows, era));
    else if (what === 'read here') this.read(pick % (state.lastSeq + 1));
    else if (what === 'read elsewhere') server.read(pick);
    else if (what === 'mark arrives') this.read(server.readSeq);
    else this.deliver(what, pick);
  }

  /** What the device does when it knows that something may be missing. */
  catchUp(): void {
    this.server.read(this.readSeq);
    this.read(this.server.readSeq);
    do this.synced(this.server.sync(this.cursor()));
    while (this.state.uncounted);
  }

  get held(): Message[] {
    return [...this.state.messages.values()].sort((left, right) => left.seq - right.seq);
  }

  get memberIds(): string[] {
    return [...this.state.members.values()].flatMap(({ userId, leftVersion }) =>
      leftVersion === null ? [userId] : [],
    );
  }

  private read(seq: number): void {
    this.readSeq = Math.max(this.readSeq, seq);
  }

  private synced(answer: SyncedConversation): void {
    this.read(answer.readSeq ?? 0);
    this.changes.push(...this.state.synced(answer));
  }

  private cursor(): number {
    return this.state.leftVersion === null && !this.state.uncounted ? this.state.version : 0;
  }

  private deliver(what: string, pick: number): void {
    const { events } = this.server;
    const event =
      what === 'deliver next' ? events[this.delivered] : events[pick % Math.max(1, events.length)];
    if (!event) return;
    if (what === 'deliver next') this.delivered += 1;
    this.changes.push(...this.state.event(what === 'replay' ? this.server.replayed(event) : event));
  }
}

/** Much is written and deleted, and most of it lies below what the device holds. */
const counted = fc.record({
  what: fc.constantFrom(
    ...[
      'create',
      'create',
      'create',
      'delete',
      'delete',
      'deliver',
      'deliver next',
      'deliver next',
      'replay',
    ],
    ...[
      'guest moves',
      'ask',
      'answer',
      'ask for a page',
      'page',
      'read here',
      'read elsewhere',
      'mark arrives',
    ],
  ),
  pick: fc.nat(20),
});

const after = (happenings: readonly Happening[]): Device => {
  const device = new Device();
  for (const each of happenings) device.happen(each);
  device.catchUp();
  return device;
};

describe('any interleaving, loss and doubling of events, syncs and pages', () => {
  test('ends in the state of the server', () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 120 }), (happenings) => {
        const { server, state, held, memberIds } = after(happenings);
        if (server.leftVersion !== null) {
          expect(state).toMatchObject({ leftVersion: server.leftVersion, incomplete: false });
          expect(held).toEqual([]);
          return;
        }
        expect(state).toMatchObject({ version: server.version, incomplete: false, leftVersion: null });
        expect(held).toEqual(server.visible.filter(({ seq }) => seq >= state.floorSeq));
        expect(state.lastSeq).toBe(held.at(-1)?.seq ?? 0);
        expect(state.unreadCount).toBe(server.unreadCount);
        expect(memberIds.sort()).toEqual(server.memberIds.sort());
      }),
      { numRuns: 3_000 },
    );
  });

  test('counts what is unread, and knows who is a member, as the server does', () => {
    const happenings = fc.array(counted, { minLength: 40, maxLength: 160 });
    fc.assert(
      fc.property(happenings, (each) => {
        const device = after([...Array.from({ length: 9 }, () => create), ...each]);
        expect(device.state.unreadCount).toBe(device.server.unreadCount);
        expect(device.memberIds.sort()).toEqual(device.server.memberIds.sort());
      }),
      { numRuns: 2_000 },
    );
  });

  test('shows each message once, in order, as long as one stays', () => {
    const stays = fc.array(
      happening.filter(({ what }) => what !== 'leave'),
      { maxLength: 120 },
    );
    fc.assert(
      fc.property(stays, (happenings) => {
        const shown = after(happenings).changes.flatMap((each) =>
          each.kind === 'message' && each.how === 'new' ? [each.message.seq] : [],
        );
        expect(shown).toEqual([...new Set(shown)].sort((left, right) => left - right));
      }),
      { numRuns: 2_000 },
    );
  });
});
