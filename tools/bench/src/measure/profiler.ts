import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type NamedProcess } from './cpu-sampler.js';
import { Inspector, type Inspectable } from './inspector.js';

/** CPU profiles of several processes over the same interval. */
export class Profiler {
  private profiles: Promise<{ name: string; profile: string }[]> = Promise.resolve([]);

  private constructor(private readonly inspected: { name: string; inspector: Inspector }[]) {}

  static async open(services: readonly (NamedProcess & Inspectable)[]): Promise<Profiler> {
    return new Profiler(
      await Promise.all(
        services.map(async (service) => ({ name: service.name, inspector: await Inspector.open(service) })),
      ),
    );
  }

  /** Profiles the services from now on, where a folder is named; what it returns ends that and writes the profiles. */
  static async begin(
    services: readonly (NamedProcess & Inspectable)[],
    folder: string | undefined,
  ): Promise<() => Promise<void>> {
    if (folder === undefined) return () => Promise.resolve();
    const profiler = await Profiler.open(services);
    profiler.start();
    return () => {
      profiler.stop();
      return profiler.write(folder);
    };
  }

  start(): void {
    this.profiles = Promise.all(this.inspected.map(({ inspector }) => inspector.startProfile())).then(
      () => [],
    );
  }

  stop(): void {
    this.profiles = this.profiles.then(() =>
      Promise.all(
        this.inspected.map(async ({ name, inspector }) => ({ name, profile: await inspector.stopProfile() })),
      ),
    );
  }

  /** `<folder>/<name>.cpuprofile` each, which the developer tools of Chrome open. */
  async write(folder: string): Promise<void> {
    await mkdir(folder, { recursive: true });
    for (const { name, profile } of await this.profiles) {
      await writeFile(join(folder, `${name}.cpuprofile`), profile);
    }
    for (const { inspector } of this.inspected) inspector.close();
  }
}
