import { runMain } from '@parley/service';
import { readSettings } from './config.js';
import { startStandalone } from './start-standalone.js';

await runMain(() => startStandalone(readSettings()));
