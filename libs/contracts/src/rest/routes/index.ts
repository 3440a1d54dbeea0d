import { authRoutes } from './auth.js';
import { blockRoutes } from './blocks.js';
import { conversationRoutes } from './conversations.js';
import { memberRoutes } from './members.js';
import { messageRoutes } from './messages.js';
import { operationRoutes } from './operations.js';
import { presenceRoutes } from './presence.js';
import { receiptRoutes } from './receipts.js';
import type { Route } from './route.js';
import { syncRoutes } from './sync.js';
import { userRoutes } from './users.js';

export { type HttpMethod, refusalsOf, type Route } from './route.js';

/** Every route of REST by resource; a route's name is its `operationId`. */
export const routesByResource = {
  auth: authRoutes,
  users: userRoutes,
  blocks: blockRoutes,
  conversations: conversationRoutes,
  members: memberRoutes,
  messages: messageRoutes,
  receipts: receiptRoutes,
  presence: presenceRoutes,
  sync: syncRoutes,
  operations: operationRoutes,
} as const satisfies Record<string, Record<string, Route>>;

export const routes: readonly (Route & { readonly name: string })[] = Object.values(routesByResource).flatMap(
  (group: Record<string, Route>) => Object.entries(group).map(([name, route]) => ({ name, ...route })),
);
