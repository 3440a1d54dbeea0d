import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

interface Stage {
  /** Stands for `/` of the image; of its base image there is nothing in it. */
  root: string;
  workdir: string;
  environment: Record<string, string>;
  entrypoint: string[];
}

/**
 * Runs what a Dockerfile says in plain folders, without an engine: the same commands on the same files, on this
 * machine's node. Returns the last stage. Knows the instructions that ours uses and refuses others.
 */
export async function runDockerfile(
  dockerfile: string,
  folders: { checkout: string; scratch: string; path: string },
): Promise<Stage> {
  const stages = new Map<string, Stage>();
  let stage: Stage | undefined;
  for (const [instruction, rest] of instructions(await readFile(dockerfile, 'utf8'))) {
    if (instruction === 'FROM') {
      const name = /^\S+ AS (\S+)$/i.exec(rest)?.[1] ?? `stage-${stages.size}`;
      stage = { root: join(folders.scratch, name), workdir: '/', environment: {}, entrypoint: [] };
      stages.set(name, stage);
      await mkdir(stage.root, { recursive: true });
    } else if (stage !== undefined) {
      await follow(instruction, rest, stage, stages, folders);
    }
  }
  if (stage === undefined) throw new Error(`${dockerfile} has no FROM`);
  return stage;
}

function instructions(text: string): [string, string][] {
  const lines = text.replaceAll('\\\n', ' ').split('\n');
  return lines
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, instruction = '', rest = ''] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
      return [instruction, rest];
    });
}

async function follow(
  instruction: string,
  rest: string,
  stage: Stage,
  stages: ReadonlyMap<string, Stage>,
  folders: { checkout: string; path: string },
): Promise<void> {
  const here = join(stage.root, stage.workdir);
  switch (instruction) {
    case 'WORKDIR':
      stage.workdir = resolve(stage.workdir, rest);
      return void (await mkdir(join(stage.root, stage.workdir), { recursive: true }));
    case 'ENV':
      Object.assign(stage.environment, { [rest.split('=')[0] as string]: rest.split('=')[1] as string });
      return;
    case 'COPY':
      return copy(rest, here, stages, folders.checkout);
    case 'RUN':
      return shell(rest, here, { ...stage.environment, PATH: folders.path });
    case 'ENTRYPOINT':
      stage.entrypoint = JSON.parse(rest) as string[];
      return;
    case 'USER':
    case 'EXPOSE':
    case 'CMD':
      return;
    default:
      throw new Error(`the check knows no ${instruction}: teach it`);
  }
}

async function copy(
  rest: string,
  here: string,
  stages: ReadonlyMap<string, Stage>,
  checkout: string,
): Promise<void> {
  const [, from, source = '', target = ''] = /^(?:--from=(\S+) )?(\S+) (\S+)$/.exec(rest) ?? [];
  if (from === undefined) {
    if (rest !== '. .') throw new Error(`the check copies all of the context only, not "${rest}"`);
    return copyContext(checkout, here);
  }
  const to = target.endsWith('/') ? join(here, target, source.split('/').at(-1) ?? '') : join(here, target);
  await mkdir(dirname(to), { recursive: true });
  await cp(join(stages.get(from)?.root ?? '', source), to, { recursive: true, verbatimSymlinks: true });
}

/** What git would have in a clean checkout, with the changes not yet committed: .dockerignore leaves the rest out. */
async function copyContext(checkout: string, to: string): Promise<void> {
  const { stdout } = await run('git', ['ls-files', '-z', '-co', '--exclude-standard'], {
    cwd: checkout,
    maxBuffer: 64 * 1024 * 1024,
  });
  for (const file of stdout.split('\0').filter((name) => name !== '')) {
    await cp(join(checkout, file), join(to, file), { recursive: true });
  }
}

async function shell(command: string, cwd: string, environment: Record<string, string>): Promise<void> {
  console.log(`  RUN ${command}`);
  // The caller's environment tells npm how to reach its registry.
  const env = { ...process.env, NX_DAEMON: 'false', ...environment };
  const child = spawn('sh', ['-c', command], { cwd, env, stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`"${command}" ended with ${code}`);
}
