import { beforeAll, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { GATEWAY_PREFIXES, MESSAGE_PREFIXES, PRESENCE_PREFIXES } from '../front-door/index.js';
import { checkout } from '../paths.js';
import { readComposeFile, readEnvFile, type ComposeFile, type ComposeService } from './compose-file.js';

const run = promisify(execFile);
let yaml: string;
let secrets: Record<string, string>;
let file: ComposeFile;

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'parley-env-'));
  const env = join(folder, '.env');
  const makeEnv = join(checkout, 'docker', 'make-env.js');
  await run(process.execPath, [makeEnv, env]);
  expect((await stat(env)).mode & 0o777).toBe(0o600);
  await expect(run(process.execPath, [makeEnv, env])).rejects.toThrow('exists already');
  secrets = readEnvFile(await readFile(env, 'utf8'));
  await rm(folder, { recursive: true });
  yaml = await readFile(join(checkout, 'docker-compose.yml'), 'utf8');
  file = readComposeFile(yaml, secrets);
});

const named = (name: string): ComposeService => {
  const service = file.services[name];
  if (service === undefined) throw new Error(`no service ${name}`);
  return service;
};

describe('docker-compose.yml', () => {
  test('says what to run first when a secret is missing', () => {
    for (const name of Object.keys(secrets)) {
      expect(() => readComposeFile(yaml, { ...secrets, [name]: '' })).toThrow(
        `${name}: run node docker/make-env.js first`,
      );
    }
  });

  test('names only services and volumes that exist, and no image that is gone', () => {
    for (const service of Object.values(file.services)) {
      for (const needed of Object.keys(service.depends_on)) expect(file.services).toHaveProperty([needed]);
      for (const volume of service.volumes) {
        const [source = ''] = volume.split(':');
        if (!source.startsWith('./')) expect(Object.keys(file.volumes)).toContain(source);
      }
      expect(service.image).not.toMatch(/bitnami|minio/);
    }
  });

  test('waits only for the health of services that tell it', () => {
    for (const service of Object.values(file.services)) {
      for (const [needed, { condition }] of Object.entries(service.depends_on)) {
        if (condition === 'service_healthy') expect(named(needed).healthcheck).toBeDefined();
        if (condition === 'service_completed_successfully') expect(named(needed).restart).toBeUndefined();
      }
    }
  });

  test('gives each process a slot of its own', () => {
    const ours = Object.entries(file.services).filter(([name]) =>
      /^(gateway|message|presence)-\d$/.test(name),
    );
    expect(ours).toHaveLength(5);
    for (const [name, service] of ours) expect(service.environment['SLOT']).toBe(name);
  });

  test('lets signing keys and database passwords reach only who needs them', () => {
    const holders = (value: string) =>
      Object.entries(file.services)
        .filter(([, { environment }]) => Object.values(environment).some((text) => text.includes(value)))
        .map(([name]) => name);
    expect(holders(secrets['TOKEN_PRIVATE_KEY'] as string)).toEqual(['message-0', 'message-1']);
    expect(holders(secrets['POSTGRES_PASSWORD'] as string)).toEqual(['migrate', 'postgres']);
    expect(holders(secrets['MESSAGE_DATABASE_PASSWORD'] as string)).toEqual([
      'message-0',
      'message-1',
      'migrate',
    ]);
    expect(holders(secrets['PRESENCE_PRIVATE_KEY'] as string)).toEqual(['presence-0']);
    expect(holders(secrets['PRESENCE_DATABASE_PASSWORD'] as string)).toEqual(['presence-0', 'migrate']);
  });

  test('keeps acknowledged messages on disk', () => {
    const settings = named('postgres').command ?? [];
    for (const setting of ['fsync=on', 'full_page_writes=on', 'synchronous_commit=on']) {
      expect(settings).toContain(setting);
    }
  });
});

describe('the ingress', () => {
  test('routes the paths that the front door of the cluster routes', async () => {
    const caddyfile = await readFile(join(checkout, 'docker', 'Caddyfile'), 'utf8');
    const paths = (matcher: string) =>
      (new RegExp(`@${matcher} path (.*)`).exec(caddyfile)?.[1] ?? '')
        .split(' ')
        .map((path) => path.replace('/*', ''));
    expect(new Set(paths('sockets'))).toEqual(new Set(GATEWAY_PREFIXES));
    expect(new Set(paths('messaging'))).toEqual(new Set(MESSAGE_PREFIXES));
    expect(new Set(paths('presence'))).toEqual(new Set(PRESENCE_PREFIXES));
  });
});
