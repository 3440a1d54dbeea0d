import { z } from 'zod';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** `draft-07` puts what stands beside a reference into an `allOf`, since it would be ignored there. */
export type Dialect = 'draft-2020-12' | 'draft-07';

/** Turns schemas into JSON Schema; those with an id of their own are collected and referred to. */
export class SchemaCollector {
  private readonly collected = new Map<string, JsonObject>();

  constructor(private readonly dialect: Dialect) {}

  /** In place, or a reference where it has an id. */
  use(schema: z.ZodType): JsonObject {
    const { $defs = {}, ...root } = this.toJson(schema);
    for (const [id, definition] of Object.entries($defs as Record<string, JsonObject>)) {
      this.collected.set(id, definition);
    }
    return root;
  }

  /** By id, sorted, so that the order of use changes nothing. */
  get components(): JsonObject {
    return Object.fromEntries([...this.collected].sort(([one], [other]) => (one < other ? -1 : 1)));
  }

  private toJson(schema: z.ZodType): JsonObject {
    const json = z.toJSONSchema(schema, {
      target: this.dialect,
      // As they come in: answers may gain fields, and what has a default may be left out.
      io: 'input',
      override: ({ jsonSchema }) => {
        // The format says it; the pattern takes a line of three hundred characters.
        if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
      },
    });
    const text = JSON.stringify(json, (key, value: unknown) => (key === '$schema' ? undefined : value));
    const parsed = JSON.parse(
      text.replaceAll(/"#\/(?:\$defs|definitions)\//g, '"#/components/schemas/'),
    ) as JsonObject;
    const { definitions, ...rest } = parsed;
    return definitions === undefined ? rest : { ...rest, $defs: definitions };
  }
}

/** The one sentence of a schema. */
export function descriptionOf(schema: z.ZodType, of: string): string {
  const description = z.globalRegistry.get(schema)?.description;
  if (description === undefined)
    throw new Error(`${of} has no description: give its schema one with .meta()`);
  return description;
}
