import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type Credentials, type Message, type MessageSent, type Page } from '@parley/contracts';
import { findFreePort, processStart } from '@parley/database/embedded';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { access, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { io } from 'socket.io-client';
import { type Running } from './running-file.js';

jest.setTimeout(180_000);

const repository = fileURLToPath(new URL('../../..', import.meta.url));
const main = join(repository, 'apps/standalone/dist/main.js');

class Standalone {
  output = '';
  readonly exited: Promise<number | null>;
  private readonly child: ChildProcess;

  constructor(
    readonly dataDir: string,
    readonly port: number,
  ) {
    this.child = spawn(process.execPath, [main], {
      env: { ...process.env, PORT: String(port), PARLEY_DATA_DIR: dataDir, NODE_OPTIONS: '' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    }
    this.exited = once(this.child, 'close').then(([code]) => code as number | null);
  }

  get url(): string {
    return `http://localhost:${this.port}`;
  }

  /** Resolves when it has said that it listens. */
  async ready(): Promise<this> {
    while (!this.output.includes('Try it')) {
      const ended = this.exited.then((code) => {
        throw new Error(`it ended with ${code}: ${this.output}`);
      });
      await Promise.race([ended, once(this.child.stdout!, 'data')]);
    }
    return this;
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    this.child.kill(signal);
    return this.exited;
  }

  async running(): Promise<Running> {
    return JSON.parse(await readFile(join(this.dataDir, 'running.json'), 'utf8')) as Running;
  }

  async ask<T>(method: string, path: string, token?: string, body?: object): Promise<T> {
    const response = await fetch(this.url + path, {
      method,
      headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${response.status}: ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  logIn(username: string): Promise<Credentials> {
    return this.ask('POST', '/v1/auth/login', undefined, { username, password: 'parley-demo' });
  }
}

const started: Standalone[] = [];
let folder: string;
let dataDir: string;
let port: number;

function start(): Standalone {
  const standalone = new Standalone(dataDir, port);
  started.push(standalone);
  return standalone;
}

/** A process that has ended and that nobody has asked about yet is none any more. */
async function isAlive(pid: number): Promise<boolean> {
  return (await processStart(pid)) !== undefined;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-standalone-'));
  dataDir = join(folder, 'data');
  port = await findFreePort();
});

afterAll(async () => {
  for (const standalone of started) await standalone.end('SIGTERM');
  await rm(folder, { recursive: true, force: true });
});

describe('standalone', () => {
  let standalone: Standalone;
  let ada: Credentials;

  test('starts with nothing, and says where it listens and what to try', async () => {
    standalone = await start().ready();
    expect(standalone.output).toContain(`listens at http://localhost:${port}`);
    expect(standalone.output).toContain('npm run example');
    ada = await standalone.logIn('ada');
    expect(ada.user).toMatchObject({ username: 'ada', displayName: 'Ada' });
    expect((await standalone.logIn('linus')).user.username).toBe('linus');
  });

  async function example(file: string): Promise<{ code: number | null; output: string }> {
    const example = spawn(process.execPath, [join(repository, 'examples', file), standalone.url], {
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    let output = '';
    for (const stream of [example.stdout, example.stderr]) {
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    }
    const [code] = (await once(example, 'close')) as [number | null];
    return { code, output };
  }

  test('serves the example', async () => {
    const { code, output } = await example('two-people.ts');
    expect({ code, output }).toEqual({
      code: 0,
      output: expect.stringContaining('Grace receives #1: Hello Grace'),
    });
    expect(output).toContain('Grace missed #2: It was a moth.');
    expect(output).toContain('history #2: It was a moth, in relay 70.');
  });

  test.each([
    ['sdk-ten-lines.ts', [/#\d+ Hello Grace/]],
    ['sdk-two-people.ts', [/Ada writes/, /Grace receives #\d+/, /pending\n(.|\n)*read/]],
    ['sdk-outbox.ts', [/first: pending\nsecond: pending\nthird: pending/, /first\n#\d+ second\n#\d+ third/]],
  ])('serves %s', async (file, expected) => {
    const { code, output } = await example(file);
    expect({ code, output }).toEqual({ code: 0, output: expect.any(String) });
    for (const each of expected) expect(output).toMatch(each);
  });

  test('shows its metrics to this machine only', async () => {
    const metrics = await fetch(`${standalone.url}/metrics`);
    expect(await metrics.text()).toContain('process_cpu_seconds_total');
    const forwarded = { headers: { 'x-forwarded-for': '192.0.2.1' } };
    expect((await fetch(`${standalone.url}/metrics`, forwarded)).status).toBe(404);
  });

  test('refuses a second one in the same folder, or on the same port, in one line', async () => {
    const samePort = start();
    expect(await samePort.exited).toBe(78);
    expect(samePort.output).toMatch(/^PORT: \d+ is taken by another program.*\n$/);
    const sameFolder = new Standalone(dataDir, await findFreePort());
    expect(await sameFolder.exited).toBe(78);
    expect(sameFolder.output).toMatch(/^PARLEY_DATA_DIR: .*\n$/);
    expect((await standalone.running()).pid).toBeGreaterThan(0);
  });

  test('ends with its database on SIGTERM, and keeps accounts, keys and messages', async () => {
    const { postgresPid } = await standalone.running();
    const before = await standalone.ask<Page<{ id: string }>>('GET', '/v1/conversations', ada.accessToken);
    expect(await standalone.end('SIGTERM')).toBe(0);
    expect(await isAlive(postgresPid)).toBe(false);
    await expect(access(join(dataDir, 'running.json'))).rejects.toThrow();
    standalone = await start().ready();
    const after = await standalone.ask<Page<{ id: string }>>('GET', '/v1/conversations', ada.accessToken);
    expect(after).toEqual(before);
    expect(after.items).toHaveLength(2);
  });

  test('killed, it leaves a database that the next start ends, and loses nothing that was acknowledged', async () => {
    const { postgresPid, pid } = await standalone.running();
    const grace = await standalone.logIn('grace');
    await standalone.ask('POST', '/v1/auth/logout', undefined, { refreshToken: grace.refreshToken });
    const { items } = await standalone.ask<Page<{ id: string }>>('GET', '/v1/conversations', ada.accessToken);
    const path = `/v1/conversations/${items[0]?.id}/messages`;
    const acknowledged: Message[] = [];
    let alive = true;
    const sending = Array.from({ length: 8 }, async () => {
      while (alive) {
        const body = { id: randomUUID(), text: 'kept?' };
        await standalone.ask<MessageSent>('POST', path, ada.accessToken, body).then(
          ({ message }) => acknowledged.push(message),
          (error: Error) => {
            // Answers that allow another try are no end while it lives.
            if (alive && !/^50[34]:/.test(error.message)) throw error;
          },
        );
        if (!alive || acknowledged.length < 100) continue;
        alive = false;
        process.kill(pid, 'SIGKILL');
      }
    });
    await Promise.all(sending);
    await standalone.exited;
    expect(await isAlive(postgresPid)).toBe(true);

    standalone = await start().ready();
    expect(await isAlive(postgresPid)).toBe(false);
    const stored = new Map<string, number>();
    for (let afterSeq = 0, more = true; more; afterSeq += 100) {
      const page = await standalone.ask<Page<Message>>(
        'GET',
        `${path}?afterSeq=${afterSeq}&limit=100`,
        ada.accessToken,
      );
      page.items.forEach(({ id, seq }, index) => {
        expect(seq).toBe(afterSeq + index + 1);
        stored.set(id, seq);
      });
      more = page.items.length === 100;
    }
    expect(acknowledged.length).toBeGreaterThanOrEqual(100);
    for (const { id, seq } of acknowledged) expect(stored.get(id)).toBe(seq);

    // The log in memory died with the process; who was logged out stays so.
    const { accessToken: token, deviceId } = grace;
    const socket = io(standalone.url, {
      transports: ['websocket'],
      auth: { token, deviceId },
      reconnection: false,
    });
    const refused = new Promise<unknown>((resolve) => socket.once('connect_error', resolve));
    expect(await refused).toMatchObject({ data: { code: 'UNAUTHENTICATED' } });
    socket.disconnect();
  });

  test('ends on Ctrl-C too', async () => {
    const { postgresPid } = await standalone.running();
    expect(await standalone.end('SIGINT')).toBe(0);
    expect(await isAlive(postgresPid)).toBe(false);
  });
});

test('a wrong setting stops the start with a line that names it', async () => {
  const wrong = spawn(process.execPath, [main], { env: { ...process.env, NODE_OPTIONS: '', PORT: 'x' } });
  let output = '';
  wrong.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(wrong, 'close')) as [number | null];
  expect(code).toBe(78);
  expect(output).toMatch(/^PORT: .*\n$/);
});
