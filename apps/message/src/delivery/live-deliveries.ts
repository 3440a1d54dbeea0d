import { type LiveEventName } from '@parley/contracts';
import { encodeDelivery } from '@parley/contracts/inbox';
import { type CommitTicket } from './commit-ticket.js';
import { type Outgoing, toInbox } from './outgoing.js';
import { type Route } from './routes.js';

/**
 * What tells the sessions there of something that nobody catches up on.
 * @param body JSON of the event
 */
export function liveDeliveries(
  routes: readonly Route[],
  event: LiveEventName,
  body: string,
  ticket: CommitTicket,
): Outgoing[] {
  return routes.map((route) => {
    const { incarnation, recipients } = route;
    return toInbox(route, encodeDelivery(incarnation, recipients, null, event, body), ticket);
  });
}
