import { measureUnnestInserts } from './unnest-inserts.js';
import { measureWsEcho } from './ws-echo.js';

const SECONDS = 3;

/** What the machine gives to the bare parts: results of different machines are compared by their ratio to these. */
export interface Floors {
  wsEchoPerSecond: number;
  unnestRowsPerSecond: number;
}

/** One after the other, while nothing else runs. `databaseUrl` must be allowed to create a table. */
export async function measureFloors(databaseUrl: string): Promise<Floors> {
  return {
    wsEchoPerSecond: Math.round(await measureWsEcho(SECONDS)),
    unnestRowsPerSecond: Math.round(await measureUnnestInserts(databaseUrl, SECONDS)),
  };
}
