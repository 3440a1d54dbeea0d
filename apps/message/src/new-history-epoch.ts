import { runMain } from '@parley/service';
import { readDatabaseUrl } from './config.js';
import { renewHistoryEpoch } from './sync/renew-history-epoch.js';

// What an operator runs after a restore from a backup.
await runMain(async () => {
  const id = await renewHistoryEpoch(readDatabaseUrl());
  process.stdout.write(
    `The history is ${id} from now on: every device forgets what it holds and syncs anew.\n`,
  );
});
