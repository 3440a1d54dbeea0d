import { Api, Conversations } from '@parley/client';
import { limits } from '@parley/contracts/constants';
import { type FinalRead, type ReadConversation, type Row } from '../history/index.js';
import { rowOf } from './observing.js';
import { type LoggedDevice } from './logged-device.js';

const bySeq = (left: Row, right: Row): number => left.seq - right.seq;

/** What a device that was there all the time holds now. */
export const liveRead = ({ client, userId, log }: LoggedDevice): FinalRead => {
  const conversations: ReadConversation[] = [];
  for (const state of client.held()) {
    if (state.leftVersion !== null) continue;
    const messages = [...state.messages.values()].map(rowOf).sort(bySeq);
    const { marks, unreadCount } = client.conversation(state.id);
    const { deliveredSeq, readSeq } = marks;
    conversations.push({
      conversationId: state.id,
      floorSeq: state.floorSeq,
      messages,
      marks: { deliveredSeq, readSeq },
      unreadCount,
    });
  }
  return { user: userId, device: log.device, kind: 'live', conversations };
};

const allPages = async (conversations: Conversations, conversationId: string): Promise<Row[]> => {
  const rows: Row[] = [];
  for (;;) {
    const afterSeq = rows.at(-1)?.seq ?? 0;
    const { items } = await conversations.messages(conversationId, {
      afterSeq,
      limit: limits.historyPage.max,
    });
    rows.push(...items.map(rowOf));
    if (items.length < limits.historyPage.max) return rows;
  }
};

/** What a device that has never been there reads: everything, page after page. */
export const freshRead = async (
  url: string,
  token: string,
  { userId, deviceId }: { userId: string; deviceId: string },
  wanted: ReadonlySet<string>,
): Promise<FinalRead> => {
  const api = new Conversations(new Api({ url, token: () => token }));
  const conversations: ReadConversation[] = [];
  let cursor: string | undefined;
  do {
    const page = await api.list(cursor, limits.listPage.max);
    for (const { id, deliveredSeq, readSeq, unreadCount } of page.items) {
      if (!wanted.has(id)) continue;
      conversations.push({
        conversationId: id,
        floorSeq: 1,
        messages: await allPages(api, id),
        marks: { deliveredSeq, readSeq },
        unreadCount,
      });
    }
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return { user: userId, device: deviceId, kind: 'fresh', conversations };
};
