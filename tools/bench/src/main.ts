import { NotDurable } from './measure/durability.js';
import { parseOptions, usage, UsageError } from './options.js';
import { printed } from './report/print.js';
import { run } from './run.js';

try {
  const options = parseOptions(process.argv.slice(2));
  const report = await run(options);
  process.stdout.write(`${options.json ? JSON.stringify(report) : printed(report)}\n`);
  process.exit(report.history !== undefined && report.history.violations > 0 ? 1 : 0);
} catch (error) {
  if (error instanceof UsageError) process.stderr.write(`${error.message}\n\n${usage}\n`);
  else if (error instanceof NotDurable) process.stderr.write(`${error.message}\n`);
  else throw error;
  process.exit(2);
}
