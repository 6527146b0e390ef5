import avsc from 'avsc'
import type { AvroSchema } from './registry.ts'

/** Optional fields are `["null", X]`, read and written as the plain value; longs are numbers, all below 2^53. */
export function toType(schema: AvroSchema): avsc.Type {
  // A copy, since avsc keeps what it is given. Each with a registry of names of its own: versions share names.
  return avsc.Type.forSchema(structuredClone(schema) as avsc.Schema, { wrapUnions: 'never', registry: {} })
}
