import type { TopicSpec } from '../ports/topic-admin.js';

/** What this process was told of topics: partition counts, which are bundled, which compacted. */
export class TopicRegistry {
  private readonly specs = new Map<string, TopicSpec>();

  add(spec: TopicSpec): void {
    this.specs.set(spec.name, spec);
  }

  find(topic: string): TopicSpec | undefined {
    return this.specs.get(topic);
  }

  /** @throws Error for a topic that was not ensured */
  get(topic: string): TopicSpec {
    const spec = this.specs.get(topic);
    if (!spec) throw new Error(`unknown topic ${topic}: ensure it before it is used`);
    return spec;
  }

  partitionsOf(topics: readonly string[]): { topic: string; partition: number }[] {
    return topics.flatMap((topic) =>
      Array.from({ length: this.get(topic).partitions }, (_, partition) => ({ topic, partition })),
    );
  }
}
