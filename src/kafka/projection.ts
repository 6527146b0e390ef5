import type avsc from 'avsc'
import { Fault } from '../events/fault.ts'
import { toType } from './avro-types.ts'
import { PoisonRecord, UnknownSchema } from './codec.ts'
import { type AvroSchema, createRegistry } from './registry.ts'

/** The fields that are wanted of a record; nested records are named by what is wanted of them. */
export type Fields = { readonly [field: string]: true | Fields }

export type Projection = {
  /** The wanted fields of one value. Throws PoisonRecord, or UnknownSchema when `resolve` has to be asked first. */
  decode(bytes: Buffer): unknown
  /** Learns a writer's schema. Throws PoisonRecord when the registry knows none, or one that is none of ours. */
  resolve(id: number): Promise<void>
}

const HEADER_BYTES = 5

/** Reads a few fields of many records: what is not wanted is skipped, not built. Throws `schema_missing` when nothing was
 *  ever registered for the topic. */
export async function createProjection(deps: {
  readonly registryUrl: string
  readonly topic: string
  readonly schema: AvroSchema
  readonly fields: Fields
}): Promise<Projection> {
  const registry = createRegistry(deps.registryUrl)
  const wanted = toType(pick(deps.schema, deps.fields))
  const resolvers = new Map<number, ReturnType<avsc.Type['createResolver']>>()

  const resolve = async (id: number): Promise<void> => {
    if (resolvers.has(id)) return
    const writer = await registry.schemaOf(id)
    if (writer === null) throw new PoisonRecord('schema_unknown', `the registry knows no schema ${id}`)
    try {
      resolvers.set(id, wanted.createResolver(toType(writer)))
    } catch (error) {
      throw new PoisonRecord('schema_foreign', `schema ${id} cannot be read as one of ours`, error)
    }
  }
  const ids = await registry.idsOf(`${deps.topic}-value`)
  if (ids.length === 0)
    throw new Fault(
      'schema_missing',
      `${deps.registryUrl} has no schema of ${deps.topic}. Check SCHEMA_REGISTRY_URL, or run the topics command.`,
    )
  for (const id of ids) {
    await resolve(id).catch((error: unknown) => {
      if (!(error instanceof PoisonRecord)) throw error
    })
  }

  return {
    resolve,
    decode(bytes) {
      if (bytes.length < HEADER_BYTES || bytes[0] !== 0) throw new PoisonRecord('framing', 'no schema id in front')
      const id = bytes.readInt32BE(1)
      const resolver = resolvers.get(id)
      if (resolver === undefined) throw new UnknownSchema(id)
      try {
        return wanted.fromBuffer(bytes.subarray(HEADER_BYTES), resolver)
      } catch (error) {
        throw new PoisonRecord('undecodable', `not what schema ${id} says`, error)
      }
    },
  }
}

type AvroField = { readonly name: string; readonly type: unknown }

/** The same record with some of its fields alone. Throws TypeError for a field that it does not have: a mistake of ours. */
export function pick(schema: AvroSchema, fields: Fields): AvroSchema {
  const known = schema.fields as readonly AvroField[]
  const missing = Object.keys(fields).filter((name) => !known.some((field) => field.name === name))
  if (missing.length > 0) throw new TypeError(`${schema.name} has no ${missing.join(', ')}`)
  return {
    ...schema,
    fields: known.flatMap((field) => {
      const wanted = fields[field.name]
      if (wanted === undefined) return []
      return [wanted === true ? field : { ...field, type: pickType(field.type, wanted) }]
    }),
  }
}

function pickType(type: unknown, fields: Fields): unknown {
  if (Array.isArray(type)) return type.map((branch: unknown) => (branch === 'null' ? branch : pickType(branch, fields)))
  const nested = type as { type?: unknown; items?: unknown }
  if (nested.type === 'array') return { ...nested, items: pickType(nested.items, fields) }
  if (nested.type === 'record') return pick(type as AvroSchema, fields)
  throw new TypeError('only records, lists of them and optional ones have fields')
}
