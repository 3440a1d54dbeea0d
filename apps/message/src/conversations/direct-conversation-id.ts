import { uuidV5 } from '@parley/service';

/** Ours alone: never change it, every direct conversation's id follows from it. */
const namespace = '7f3c1f0a-52c1-4f0e-9d0b-3f0f7e0c8a51';

/** Two users have one direct conversation, oneself with oneself too; its id follows from theirs, in any order. */
export function directConversationId(userId: string, otherId: string): string {
  return uuidV5(namespace, [userId, otherId].sort().join('/'));
}
