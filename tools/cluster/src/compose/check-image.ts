import { findFreePort, startEmbeddedPostgres } from '@parley/database/embedded';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { startKafka } from '../kafka/index.js';
import { checkout } from '../paths.js';
import { ServiceProcess } from '../processes/service-process.js';
import { readComposeFile, readEnvFile, type ComposeFile, type ComposeService } from './compose-file.js';
import { runDockerfile } from './dockerfile.js';

// Does in plain folders what `docker compose up --build` does in containers, for machines without an engine: builds
// the image's tree by its own commands, migrates a real database, starts every service with the environment that
// docker-compose.yml gives it, waits until it is ready, and ends it with SIGTERM.
const run = promisify(execFile);
const scratch = await mkdtemp(join(tmpdir(), 'parley-image-'));
const cleanUp: (() => Promise<unknown>)[] = [() => rm(scratch, { recursive: true, force: true })];
try {
  console.log('The image');
  const path = `${dirname(process.execPath)}:${process.env['PATH']}`;
  const image = await runDockerfile(join(checkout, 'Dockerfile'), { checkout, scratch, path });
  const tree = join(image.root, image.workdir);
  const { stdout: size } = await run('du', ['-sm', tree]);
  console.log(`  ${size.split('\t')[0]} MB on top of the base image`);

  const env = join(scratch, '.env');
  await run(process.execPath, [join(checkout, 'docker', 'make-env.js'), env]);
  const yaml = await readFile(join(checkout, 'docker-compose.yml'), 'utf8');
  const file = readComposeFile(yaml, readEnvFile(await readFile(env, 'utf8')));
  const ours = Object.entries(file.services).filter(([, { build }]) => build !== undefined);

  console.log('Without a configuration each command ends and says what is missing');
  for (const program of new Set(ours.map(([, service]) => programOf(service)))) await refuses(tree, program);

  console.log('With the configuration of docker-compose.yml');
  const addresses = await startSurroundings();
  await migrate(tree, file, addresses);
  await startServices(tree, ours, addresses);
  console.log('The image and docker-compose.yml are sound.');
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  for (const step of cleanUp.reverse()) await step();
}

function programOf(service: ComposeService): string {
  const [program] = service.command ?? [];
  if (program === undefined) throw new Error('a service of ours names no program');
  return program;
}

async function refuses(tree: string, program: string): Promise<void> {
  const failure = await run(process.execPath, [join(tree, program)], { cwd: tree, env: {} }).then(
    () => undefined,
    (error: { code: number; stderr: string }) => error,
  );
  if (failure === undefined || !/DATABASE|KAFKA_BROKERS/.test(failure.stderr)) {
    throw new Error(`${program} did not refuse an empty configuration: ${failure?.stderr}`);
  }
  console.log(`  ${program}: code ${failure.code}, ${failure.stderr.trim().split('\n').length} lines`);
}

/** Where the hosts of the compose network are on this machine. */
async function startSurroundings(): Promise<Record<string, string>> {
  const postgres = await startEmbeddedPostgres({ dataDir: join(scratch, 'postgres') });
  cleanUp.push(() => postgres.stop());
  const kafka = await startKafka({ dataDir: join(scratch, 'kafka') });
  cleanUp.push(() => kafka.stop());
  const { password } = new URL(postgres.url);
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  await client.query('CREATE DATABASE parley');
  await client.end();
  return {
    '@postgres:5432/': `@127.0.0.1:${postgres.port}/`,
    'kafka:9092': kafka.addresses[0] as string,
    superuser: password,
  };
}

function environmentOf(service: ComposeService, addresses: Record<string, string>): Record<string, string> {
  const entries = Object.entries(service.environment).map(([name, value]) => {
    const moved = Object.entries(addresses).reduce((text, [from, to]) => text.replace(from, to), value);
    return [name, moved];
  });
  return Object.fromEntries(entries) as Record<string, string>;
}

async function migrate(tree: string, file: ComposeFile, addresses: Record<string, string>): Promise<void> {
  const service = file.services['migrate'] as ComposeService;
  const environment = environmentOf(service, addresses);
  const admin = new URL(environment['DATABASE_ADMIN_URL'] as string);
  admin.password = addresses['superuser'] as string;
  const { stdout } = await run(process.execPath, [join(tree, programOf(service))], {
    cwd: tree,
    env: { ...environment, DATABASE_ADMIN_URL: admin.href },
  });
  console.log(`  migrate: ${stdout.trim()}`);
}

async function startServices(
  tree: string,
  ours: [string, ComposeService][],
  addresses: Record<string, string>,
): Promise<void> {
  const folder = join(scratch, 'logs');
  await mkdir(folder);
  const processes: ServiceProcess[] = [];
  for (const [name, service] of ours.filter(([, { healthcheck }]) => healthcheck !== undefined)) {
    const port = await findFreePort();
    const ports = { PORT: String(port), METRICS_PORT: String(await findFreePort()) };
    processes.push(
      new ServiceProcess({
        name,
        program: join(tree, programOf(service)),
        port,
        environment: { NODE_ENV: 'production', ...environmentOf(service, addresses), ...ports },
        folder,
      }),
    );
  }
  cleanUp.push(() => Promise.all(processes.map((process) => process.stop())));
  for (const process of processes) await process.start();
  await Promise.all(processes.map((process) => process.ready()));
  console.log(`  ready: ${processes.map(({ name }) => name).join(', ')}`);
  await Promise.all(processes.map((process) => process.kill('SIGTERM')));
  for (const process of processes) {
    const { code, signal } = await process.exited;
    if (code !== 0)
      throw new Error(`${process.name} ended with ${signal ?? code}: ${await process.logTail(5)}`);
  }
  console.log('  all ended with code 0 on SIGTERM');
}
