import { Publisher } from './publisher.js';

/**
 * A publisher for what must never hold up the other one. A broker answers the requests of a connection in their order,
 * so what waits there waits on connections of its own.
 */
export abstract class BackgroundPublisher extends Publisher {}
