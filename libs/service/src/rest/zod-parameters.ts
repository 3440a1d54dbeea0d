import { Body, Param, type PipeTransform, Query } from '@nestjs/common';
import { Refusal } from '@parley/contracts';
import type { z } from 'zod';
import { parseOrRefuse } from './parse-or-refuse.js';

export class ZodPipe implements PipeTransform {
  constructor(readonly schema: z.ZodType) {}

  transform(value: unknown): unknown {
    return parseOrRefuse(this.schema, value);
  }
}

class ZodBodyPipe extends ZodPipe {
  override transform(value: unknown): unknown {
    if (value !== undefined) return super.transform(value);
    throw new Refusal('INVALID', 'Send a JSON body with the header "Content-Type: application/json".');
  }
}

/** The body, checked: `@ZodBody(registerSchema) body: Register`. */
export const ZodBody = (schema: z.ZodType) => Body(new ZodBodyPipe(schema));

/** The query, checked; its values are text, so numbers need `z.coerce`. */
export const ZodQuery = (schema: z.ZodType) => Query(new ZodPipe(schema));

/** The parameters of the path, checked. */
export const ZodParams = (schema: z.ZodType) => Param(new ZodPipe(schema));
