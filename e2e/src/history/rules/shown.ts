import { type FinalRead, type Left, type MarkMoved, type Shown, type Synced } from '../entries.js';
import { type IndexedHistory } from '../indexed.js';
import { type Report } from '../report.js';

/** What one device showed of one conversation so far. */
interface Screen {
  lastNewSeq: number;
  floorSeq: number;
  /** Message id to the version shown last. */
  readonly versions: Map<string, Shown>;
}

const deviceKey = (user: string, device: string): string => `${user}/${device}`;

class Screens {
  private readonly devices = new Map<string, Map<string, Screen>>();

  constructor(private readonly report: Report) {}

  private screen(user: string, device: string, conversationId: string): Screen {
    const key = deviceKey(user, device);
    const screens = this.devices.get(key) ?? new Map<string, Screen>();
    this.devices.set(key, screens);
    const screen = screens.get(conversationId) ?? { lastNewSeq: 0, floorSeq: 0, versions: new Map() };
    screens.set(conversationId, screen);
    return screen;
  }

  shown(entry: Shown): void {
    const { id, seq, version } = entry.message;
    const screen = this.screen(entry.user, entry.device, entry.conversationId);
    const before = screen.versions.get(id);
    screen.versions.set(id, entry);
    if (entry.how === 'changed') {
      if (!before || before.message.version >= version) {
        this.report.add('shown-order', `${id} was changed to a version that is not newer`, before, entry);
      }
      return;
    }
    if (before) {
      this.report.add('shown-once', `${id} was shown as new twice`, before, entry);
      return;
    }
    if (seq <= screen.lastNewSeq) {
      this.report.add('shown-order', `seq ${seq} was shown as new after seq ${screen.lastNewSeq}`, entry);
    }
    screen.lastNewSeq = Math.max(screen.lastNewSeq, seq);
  }

  synced(entry: Synced): void {
    if (!entry.limited) return;
    const screen = this.screen(entry.user, entry.device, entry.conversationId);
    screen.floorSeq = Math.max(screen.floorSeq, entry.floorSeq);
  }

  left(entry: Left): void {
    this.devices.get(deviceKey(entry.user, entry.device))?.delete(entry.conversationId);
  }

  /** A live device ends with exactly what it showed. */
  compare(read: FinalRead): void {
    const screens = this.devices.get(deviceKey(read.user, read.device));
    for (const { conversationId, messages, floorSeq } of read.conversations) {
      const shown = screens?.get(conversationId)?.versions;
      for (const row of messages) {
        const last = shown?.get(row.id)?.message;
        if (last?.version !== row.version) {
          const explanation = `${deviceKey(read.user, read.device)} holds ${row.id} but showed another version`;
          this.report.add('shown-once', explanation, row, last);
        }
      }
      const held = new Set(messages.map((row) => row.id));
      for (const entry of shown?.values() ?? []) {
        if (entry.message.seq >= floorSeq && !held.has(entry.message.id)) {
          this.report.add('acked-lost', `${entry.message.id} was shown, and is gone from the device`, entry);
        }
      }
    }
  }
}

/** A receipt mark only rises, for whoever looks at it. */
class Marks {
  private readonly last = new Map<string, MarkMoved>();

  constructor(private readonly report: Report) {}

  moved(entry: MarkMoved): void {
    const key = [entry.user, entry.device, entry.conversationId, entry.subject].join('/');
    const before = this.last.get(key);
    if (before && (entry.deliveredSeq < before.deliveredSeq || entry.readSeq < before.readSeq)) {
      this.report.add('marks-rise', `a mark of ${entry.subject} went back`, before, entry);
    }
    if (entry.readSeq > entry.deliveredSeq) {
      this.report.add('marks-rise', `${entry.subject} read what was not delivered`, entry);
    }
    this.last.set(key, entry);
  }
}

/** Each person sees each message once, in order, and never an older version after a newer one. */
export const checkScreens = (indexed: IndexedHistory, report: Report): void => {
  const screens = new Screens(report);
  const marks = new Marks(report);
  for (const entry of indexed.history.entries) {
    if (entry.kind === 'shown') screens.shown(entry);
    else if (entry.kind === 'sync') screens.synced(entry);
    else if (entry.kind === 'left') screens.left(entry);
    else if (entry.kind === 'mark') marks.moved(entry);
  }
  for (const read of indexed.history.reads) if (read.kind === 'live') screens.compare(read);
};
