import { portIsFree } from '@parley/database/embedded';
import { createMemoryBus } from '@parley/event-bus';
import { useSockets } from '@parley/gateway';
import { tellRecentRevocations } from '@parley/message';
import { ConfigError, createLog, type Log, ownIssuer, publicKeyOf, runService } from '@parley/service';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { StandaloneModule } from './app.module.js';
import { type StandaloneSettings } from './config.js';
import { type StandaloneDatabase, startDatabase } from './database.js';
import { writeRunning } from './running-file.js';
import { gatewayConfig, messageConfig, presenceConfig } from './service-configs.js';
import { keptSigningKey } from './signing-key.js';
import { welcome } from './welcome.js';

/** Database, bus and all services in this process; resolves when it listens. */
export async function startStandalone(settings: StandaloneSettings): Promise<void> {
  const { port, dataDir, issuer, audience, externalIssuers } = settings;
  if (port !== 0 && !(await portIsFree(port))) {
    throw new ConfigError([
      `PORT: ${port} is taken by another program, choose another one: PORT=3100 npm start`,
    ]);
  }
  await mkdir(dataDir, { recursive: true });
  const privateKey = await keptSigningKey(join(dataDir, 'token-private-key.json'));
  const presenceKey = await keptSigningKey(join(dataDir, 'presence-private-key.json'));
  const database = await startDatabase(join(dataDir, 'postgres'));
  const log = createLog('parley', settings.logLevel);
  endWithDatabase(database, log);
  const bus = createMemoryBus({
    log: (level, message, details = {}) => log[level](details, message),
  });
  // The log in memory died with the last process. What was acknowledged is in the database, and what was not, clients
  // send again. Projections are told the state again when all are ready (StateRepublishing), but nobody may be let in
  // before it is known who was logged out.
  await tellRecentRevocations(database.messageUrl, bus);

  const jwks = { keys: [publicKeyOf(privateKey)] };
  const app = await runService({
    name: 'parley',
    log,
    config: settings,
    module: StandaloneModule.register({
      postgres: database.postgres,
      bus,
      issuers: [ownIssuer({ issuer, audience, jwks }), ...externalIssuers],
      message: messageConfig(database.messageUrl, { issuer, audience, privateKey }),
      gateway: gatewayConfig(settings, { keys: [publicKeyOf(presenceKey)] }),
      presence: presenceConfig(database.presenceUrl, presenceKey),
    }),
    configure: useSockets,
  });
  const url = (await app.getUrl()).replace(/\[::1?\]|0\.0\.0\.0|127\.0\.0\.1/, 'localhost');
  const { pid } = process;
  const { adminUrl: databaseUrl, postgres } = database;
  await writeRunning(join(dataDir, 'running.json'), { pid, url, databaseUrl, postgresPid: postgres.pid });
  process.stdout.write(welcome(url, dataDir));
}

/** Nothing here works without it, and the next start brings it back to what was committed. */
function endWithDatabase({ postgres }: StandaloneDatabase, log: Log): void {
  let ending = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => (ending = true));
  void postgres.exited.then(({ code, signal }) => {
    if (ending) return;
    log.fatal(
      { code, signal },
      'PostgreSQL ended unexpectedly: see postgres/postgres.log in the data folder',
    );
    process.exit(1);
  });
}
