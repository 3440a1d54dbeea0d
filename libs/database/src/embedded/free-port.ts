import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

// Systems hand out client ports from 32768 (Linux) or higher: a server that remembers its port must stay below,
// or one day the port is held by some program's outgoing connection.
const LOWEST = 20_000;
const ABOVE_HIGHEST = 32_768;
/** A port may be asked for long before somebody listens on it: none is given away twice by this process. */
const givenAway = new Set<number>();

/** Whether a server could listen on 127.0.0.1 at this port right now. */
export function portIsFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)));
  });
}

/** A port of 127.0.0.1 that nobody listens on, between 20000 and 32767, chosen at random. */
export async function findFreePort(): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const port = randomInt(LOWEST, ABOVE_HIGHEST);
    if (givenAway.has(port) || !(await portIsFree(port))) continue;
    givenAway.add(port);
    return port;
  }
  throw new Error(`found no free port between ${LOWEST} and ${ABOVE_HIGHEST - 1}`);
}
