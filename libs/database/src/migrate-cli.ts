import { readConfig } from './config.js';
import { migrate } from './migrate.js';

try {
  const applied = await migrate(readConfig());
  console.log(applied.length === 0 ? 'The database is up to date.' : `Applied: ${applied.join(', ')}`);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
