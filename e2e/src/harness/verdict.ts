import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Verdict } from '../history/index.js';

/**
 * Ends a test with the word of the checker.
 * @throws Error that tells the first violations, and where all that are kept are written
 */
export const expectNoViolations = async (verdict: Verdict): Promise<void> => {
  if (verdict.violations.length === 0) return;
  const file = join(await mkdtemp(join(tmpdir(), 'parley-history-')), 'verdict.json');
  await writeFile(file, JSON.stringify(verdict, undefined, 2));
  const first = verdict.violations.slice(0, 5).map(({ rule, explanation }) => `${rule}: ${explanation}`);
  throw new Error(
    [`the history is broken: ${JSON.stringify(verdict.counts)}`, ...first, `see ${file}`].join('\n'),
  );
};
