/** A zod schema as JSON Schema for our descriptions. Readers must ignore unknown fields, so no schema closes an object. Pure. */
import { z } from 'zod';

export type Json = Record<string, unknown>;
/** OpenAPI 3.1 speaks draft 2020-12, AsyncAPI 3.0 draft 7. */
export type Dialect = 'draft-2020-12' | 'draft-7';

export function schemaOf(schema: z.ZodType, target: Dialect = 'draft-2020-12'): Json {
  const { $schema: _dialect, ...json } = z.toJSONSchema(schema, {
    target,
    override: ({ jsonSchema }) => {
      if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
    },
  }) as Json;
  return json;
}
