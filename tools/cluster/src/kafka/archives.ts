import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder, ensureFolder, packageFolder } from '../paths.js';

const run = promisify(execFile);
const KAFKA_VERSION = '4.4.0';
const OLDEST_JAVA = 17;
const COPY_DEPENDENCIES = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
const libs = join(cacheFolder, 'kafka', KAFKA_VERSION);

/** Whether this machine can run a real broker: Java, and the jars or Maven to fetch them. */
export async function kafkaAvailable(): Promise<boolean> {
  return (await whyKafkaIsUnavailable()) === undefined;
}

/** One line that says what is missing, or undefined when a broker can be started. */
export async function whyKafkaIsUnavailable(): Promise<string | undefined> {
  const major = await javaMajorVersion();
  if (major === undefined) return `no java on the PATH (Kafka needs Java ${OLDEST_JAVA} or later)`;
  if (major < OLDEST_JAVA) return `java is version ${major} (Kafka needs ${OLDEST_JAVA} or later)`;
  if (await exists(libs)) return undefined;
  try {
    await run('mvn', ['-v']);
    return undefined;
  } catch {
    return 'no mvn on the PATH (Maven fetches the jars of Kafka once)';
  }
}

/** The jars of the broker, fetched if this checkout has none yet (43 MB). Sorted: a class archive fits one order only. */
export async function kafkaClassPath(): Promise<string> {
  if (!(await exists(libs))) await fetchJars();
  const jars = (await readdir(libs)).filter((name) => name.endsWith('.jar')).sort();
  return jars.map((name) => join(libs, name)).join(process.platform === 'win32' ? ';' : ':');
}

/** Where the archive of loaded classes for this Java and these jars belongs: it halves the time to start. */
export async function classArchiveFile(classPath: string): Promise<string> {
  const { stderr } = await run('java', ['-version']);
  const fingerprint = createHash('sha256').update(stderr).update(classPath).digest('hex').slice(0, 16);
  return join(cacheFolder, 'kafka', `classes-${fingerprint}.jsa`);
}

export async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

async function javaMajorVersion(): Promise<number | undefined> {
  try {
    const { stderr } = await run('java', ['-version']);
    const major = /version "(\d+)/.exec(stderr)?.[1];
    return major === undefined ? undefined : Number(major);
  } catch {
    return undefined;
  }
}

/** Into a folder of its own, renamed when complete: runs that start at once do not meet half a download. */
async function fetchJars(): Promise<void> {
  const draft = await mkdtemp(join(ensureFolder(join(cacheFolder, 'kafka')), 'download-'));
  const pom = join(packageFolder, 'kafka', 'pom.xml');
  try {
    await run('mvn', [
      '-q',
      '-B',
      '-f',
      pom,
      COPY_DEPENDENCIES,
      '-DincludeScope=runtime',
      `-DoutputDirectory=${draft}`,
    ]);
    await rename(draft, libs);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    if (await exists(libs)) return; // another run was faster
    const { stdout = '' } = error as { stdout?: string };
    throw new Error(`Maven could not fetch Kafka ${KAFKA_VERSION}: ${stdout.trim().split('\n')[0] ?? ''}`, {
      cause: error,
    });
  }
}
