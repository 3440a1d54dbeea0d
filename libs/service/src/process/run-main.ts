import { ConfigError } from '../config/load-config.js';

/** EX_CONFIG of sysexits.h: a restart will not help, the configuration has to be mended. */
const configExitCode = 78;

/**
 * Runs the start of a process. A wrong configuration ends it with code 78 and one line per problem, any other
 * failure with code 1.
 */
export async function runMain(start: () => Promise<unknown>): Promise<void> {
  try {
    await start();
  } catch (error) {
    if (error instanceof ConfigError) {
      for (const problem of error.problems) process.stderr.write(`${problem}\n`);
      process.exit(configExitCode);
    }
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  }
}
