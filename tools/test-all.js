// `npm test`: everything that this machine can run, with one sum at the end and the real parts that took part.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const reports = mkdtempSync(join(tmpdir(), 'parley-tests-'));
const inCi = process.env.CI === 'true';
const environment = {
  ...process.env,
  PATH: `${join(root, 'node_modules', '.bin')}:${process.env.PATH}`,
  NX_DAEMON: 'false',
};
const nodeFlags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');

/** Runs to the end, with its output in ours; the exit code. */
const run = (command, args, { cwd = root, env = {} } = {}) =>
  new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env: { ...environment, ...env }, stdio: 'inherit' });
    child.once('error', (error) => {
      console.error(`${command}: ${error.message}`);
      resolve(1);
    });
    child.once('close', (code) => resolve(code ?? 1));
  });

const total = { passed: 0, failed: 0, skipped: 0 };
const broken = [];

/** One run of jest; a run that ends badly without a failed test of its own counts as one failure. */
const runJest = async (name, folder, { config, env } = {}) => {
  console.log(`\n── ${name}`);
  const report = join(reports, `${name.replaceAll(/[^a-z]/g, '-')}.json`);
  const args = [
    ...nodeFlags,
    jest,
    '--json',
    '--outputFile',
    report,
    ...(config ? ['--config', config] : []),
  ];
  const code = await run('node', args, { cwd: join(root, folder), env });
  const result = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined;
  total.passed += result?.numPassedTests ?? 0;
  total.skipped += result?.numPendingTests ?? 0;
  const failed = Math.max(result?.numFailedTests ?? 0, code === 0 ? 0 : 1);
  total.failed += failed;
  if (failed > 0) broken.push(name);
  return failed === 0 && (result?.numPassedTests ?? 0) > 0;
};

const holds = (folder, pattern) =>
  existsSync(folder) && readdirSync(folder, { recursive: true }).some((file) => pattern.test(String(file)));

const projects = ['libs', 'apps', 'tools', '.']
  .flatMap((parent) =>
    parent === '.' ? ['e2e'] : readdirSync(join(root, parent)).map((name) => join(parent, name)),
  )
  .filter((folder) => existsSync(join(root, folder, 'jest.config.js')))
  .filter((folder) => holds(join(root, folder, 'src'), /\.spec\.ts$/));

const took = [];
const leftOut = [];

const part = async (name, reason, work) => {
  if (reason === undefined) {
    if (await work()) took.push(name);
    return;
  }
  leftOut.push(`${name} (${reason})`);
  if (!inCi) return;
  total.failed += 1;
  broken.push(`${name} is absent: ${reason}`);
};

const main = async () => {
  const started = Date.now();
  if ((await run('npx', ['nx', 'run-many', '-t', 'build', '--outputStyle=static'])) !== 0) {
    total.failed += 1;
    broken.push('build');
    return finish(started);
  }
  for (const folder of projects) await runJest(`unit ${basename(folder)}`, folder);
  const { whyKafkaIsUnavailable } = await import(join(root, 'tools/cluster/dist/kafka/index.js'));
  const noKafka = await whyKafkaIsUnavailable();
  const config = 'jest.e2e.config.js';
  await part('PostgreSQL, sockets, in-memory bus (standalone)', undefined, () =>
    runJest('e2e standalone', 'e2e', { config, env: { E2E_FORM: 'standalone' } }),
  );
  await part('Kafka brokers, killed and restarted', noKafka, () =>
    runJest('brokers', 'tools/cluster', { config }),
  );
  await part('the bus over Kafka', noKafka, () =>
    runJest('e2e bus', 'e2e', { config: 'jest.bus.config.js' }),
  );
  await part('PostgreSQL, Kafka, sockets (cluster)', noKafka, () =>
    runJest('e2e cluster', 'e2e', { config, env: { E2E_FORM: 'cluster' } }),
  );
  await part('faults under load', noKafka, () =>
    runJest('e2e faults', 'e2e', { config: 'jest.faults.config.js' }),
  );
  finish(started);
};

const finish = (started) => {
  rmSync(reports, { recursive: true, force: true });
  const { passed, failed, skipped } = total;
  const seconds = Math.round((Date.now() - started) / 1000);
  console.log(`\nRan for ${seconds} s.`);
  for (const name of broken) console.log(`FAILED: ${name}`);
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  console.log(
    `Real parts that took part: ${took.join('; ') || 'none'}. Left out: ${leftOut.join('; ') || 'none'}.`,
  );
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
};

await main();
