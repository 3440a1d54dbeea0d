import type { EventBus } from '@parley/event-bus';

/** The ports needed here. */
export type SessionBus = Pick<EventBus, 'publisher' | 'reader' | 'topics'>;
