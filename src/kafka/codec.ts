import type avsc from 'avsc'
import { Fault } from '../events/fault.ts'
import { toType } from './avro-types.ts'
import { type AvroSchema, createRegistry } from './registry.ts'
import { CuttingTap, type Tap } from './texts.ts'
import type { UnreadFields } from './unread-fields.ts'

/** The bytes will never be read, whoever tries again: the record belongs in `dead`. */
export class PoisonRecord extends Error {
  override readonly name = 'PoisonRecord'
  readonly why: 'empty' | 'framing' | 'schema_unknown' | 'schema_foreign' | 'undecodable' | 'refused'

  constructor(why: PoisonRecord['why'], message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.why = why
  }
}

/** Written with a schema this process has not met: `resolve` it, then decode again. */
export class UnknownSchema extends Error {
  override readonly name = 'UnknownSchema'
  readonly id: number

  constructor(id: number) {
    super(`schema id ${id} has not been resolved yet`)
    this.id = id
  }
}

/** Magic byte 0, schema id, Avro. Throws TypeError naming the path of a value that does not fit: a mistake of ours. */
export type Encode = (subject: string, value: object) => Buffer

/** Reads values by the schemas they were written with. */
export type Decoder = {
  /** Longs are numbers, `["null", X]` is the plain value or null. Throws PoisonRecord or UnknownSchema. */
  decode(bytes: Buffer | null): unknown
  /** Asks the registry for a writer's schema. Throws PoisonRecord when it knows none, or one that is not for us. */
  resolve(id: number): Promise<void>
  /** `decode`, and `resolve` when it is needed. Throws PoisonRecord, or the registry's error when it does not answer. */
  decodeAsync(bytes: Buffer | null): Promise<unknown>
}

export type Codec = Decoder & {
  readonly encode: Encode
  /** A view that the next call for the same subject writes over: for who copies it at once. */
  readonly encodeInPlace: Encode
  /** Of our schemas, by subject. */
  readonly ids: ReadonlyMap<string, number>
  /** For who lets go soon of what it reads: reads the same but for these fields, and cheaper (see CuttingTap). What either has learned
   *  of a writer's schema both know. */
  brief(unread: UnreadFields): Decoder
}

const MAGIC = 0
const HEADER_BYTES = 5
const WAIT_MS = 60_000
const SCRATCH_BYTES = 16_384

/** Reads what lies behind the header. */
type Reader = (bytes: Buffer) => unknown

/** Asks the registry once for the ids of our schemas, which the topics command has registered; from then on encoding and
 *  decoding need nobody. Throws `schema_missing` naming the registry and the subject when it has to wait too long. */
export async function createCodec(deps: {
  readonly registryUrl: string
  readonly schemas: Readonly<Record<string, AvroSchema>>
  readonly waitMs?: number
}): Promise<Codec> {
  const registry = createRegistry(deps.registryUrl)
  const typesOf = (unread?: UnreadFields) =>
    new Map(Object.entries(deps.schemas).map(([subject, schema]) => [subject, toType(schema, unread)]))
  const types = typesOf()
  const giveUpAt = performance.now() + (deps.waitMs ?? WAIT_MS)
  // All at once, here and below: one after the other they are a third of a second of every restart.
  const asked = Object.entries(deps.schemas).map(
    async ([subject, schema]) => [subject, await registry.idOf(subject, schema, giveUpAt)] as const,
  )
  const ids = new Map(await Promise.all(asked))
  /** By id, the schemas that values were written with. */
  const written = new Map<number, AvroSchema>([...ids].map(([subject, id]) => [id, deps.schemas[subject] as AvroSchema])) // the same keys

  function decoderOf(ours: ReadonlyMap<string, avsc.Type>, readBody: ReadBody): Decoder {
    const byName = new Map([...ours.values()].map((type) => [type.name, type]))
    const readers = new Map<number, Reader>()
    for (const [subject, type] of ours) readers.set(ids.get(subject) as number, (bytes) => readBody(type, bytes)) // the same keys
    const readerOf = (id: number): Reader => {
      const schema = written.get(id)
      if (schema === undefined) throw new UnknownSchema(id)
      const reader = readerFor(schema, id, byName, readBody)
      readers.set(id, reader)
      return reader
    }
    const decode = (bytes: Buffer | null): unknown => {
      if (bytes === null || bytes.length === 0) throw new PoisonRecord('empty', 'there is no value')
      if (bytes.length < HEADER_BYTES || bytes[0] !== MAGIC) throw new PoisonRecord('framing', 'no schema id in front')
      const id = bytes.readInt32BE(1)
      const read = readers.get(id) ?? readerOf(id)
      try {
        return read(bytes)
      } catch (error) {
        throw new PoisonRecord('undecodable', `not what schema ${id} says`, error)
      }
    }
    const resolve = async (id: number): Promise<void> => {
      if (readers.has(id)) return
      if (!written.has(id)) {
        const schema = await registry.schemaOf(id)
        if (schema === null) throw new PoisonRecord('schema_unknown', `the registry knows no schema ${id}`)
        written.set(id, schema)
      }
      readerOf(id)
    }
    return {
      decode,
      resolve,
      async decodeAsync(bytes) {
        try {
          return decode(bytes)
        } catch (error) {
          if (!(error instanceof UnknownSchema)) throw error
          await resolve(error.id)
          return decode(bytes)
        }
      },
    }
  }

  const decoder = decoderOf(types, readWhole)
  // What was written by other versions of this software can be read at once, also where there is no time to ask.
  const resolve = async (id: number): Promise<void> => {
    await decoder.resolve(id).catch((error: unknown) => {
      if (!(error instanceof PoisonRecord)) throw error
    })
  }
  const known = await Promise.all(Object.keys(deps.schemas).map((subject) => registry.idsOf(subject)))
  await Promise.all(known.flat().map(resolve))
  return {
    ids,
    encode: encoderOf(types, ids, ownBytes),
    encodeInPlace: encoderOf(types, ids, view),
    ...decoder,
    brief: (unread) => decoderOf(typesOf(unread), readCutting),
  }
}

/** For whoever knows the ids and cannot ask. */
export const createEncoder = (schemas: Readonly<Record<string, AvroSchema>>, ids: ReadonlyMap<string, number>): Encode =>
  encoderOf(new Map(Object.entries(schemas).map(([subject, schema]) => [subject, toType(schema)])), ids, ownBytes)

type Take = (scratch: Buffer, end: number) => Buffer
const view: Take = (scratch, end) => scratch.subarray(0, end)
function ownBytes(scratch: Buffer, end: number): Buffer {
  const bytes = Buffer.allocUnsafe(end)
  scratch.copy(bytes, 0, 0, end)
  return bytes
}

function encoderOf(types: ReadonlyMap<string, avsc.Type>, ids: ReadonlyMap<string, number>, take: Take): Encode {
  const writers = new Map([...ids].map(([subject, id]) => [subject, createWriter(types.get(subject) as avsc.Type, id, take)])) // the same keys
  return (subject, value) => {
    const write = writers.get(subject)
    if (write === undefined) throw new TypeError(`no schema for subject ${subject}`)
    try {
      return write(value)
    } catch {
      const paths: string[] = []
      types.get(subject)?.isValid(value, { errorHook: (path) => paths.push(path.join('.')) })
      throw new TypeError(`a record for ${subject} does not fit its schema at: ${paths.join(', ')}`)
    }
  }
}

type ReadBody = (type: avsc.Type, bytes: Buffer, resolver?: ReturnType<avsc.Type['createResolver']>) => unknown

const readWhole: ReadBody = (type, bytes, resolver) => {
  const { value, offset } = type.decode(bytes, HEADER_BYTES, resolver)
  refuseRest(bytes, offset)
  return value
}

const readCutting: ReadBody = (type, bytes, resolver) => {
  const tap = new CuttingTap(bytes, HEADER_BYTES)
  const value = ((resolver ?? type) as { _read(tap: Tap): unknown })._read(tap)
  refuseRest(bytes, tap.pos)
  return value
}

function refuseRest(bytes: Buffer, offset: number): void {
  if (offset !== bytes.length) throw new Error(offset < 0 || offset > bytes.length ? 'it ends too early' : 'something follows it')
}

/** Header and body into one buffer that is used again; what is answered is taken from it. */
function createWriter(type: avsc.Type, id: number, take: Take): (value: object) => Buffer {
  let scratch = Buffer.alloc(SCRATCH_BYTES)
  return (value) => {
    scratch.writeInt32BE(id, 1)
    let end = type.encode(value, scratch, HEADER_BYTES)
    if (end < 0) {
      const missing = -end
      scratch = Buffer.alloc(scratch.length + missing)
      scratch.writeInt32BE(id, 1)
      end = type.encode(value, scratch, HEADER_BYTES)
    }
    return take(scratch, end)
  }
}

/** Reads another version of one of our records into the version we know. */
function readerFor(schema: AvroSchema, id: number, byName: ReadonlyMap<string | undefined, avsc.Type>, readBody: ReadBody): Reader {
  try {
    const writer = toType(schema)
    const type = byName.get(writer.name)
    if (type === undefined) throw new Error(`${writer.name ?? 'an unnamed type'} is none of our records`)
    const resolver = type.createResolver(writer)
    return (bytes) => readBody(type, bytes, resolver)
  } catch (error) {
    throw new PoisonRecord('schema_foreign', `schema ${id} cannot be read as one of ours`, error)
  }
}

/** Registers schemas under their subjects (`<topic>-value`), each BACKWARD compatible with the version before.
 *  Throws `schema_incompatible` naming the field. */
export async function registerSchemas(deps: {
  readonly registryUrl: string
  readonly schemas: Readonly<Record<string, AvroSchema>>
}): Promise<void> {
  const registry = createRegistry(deps.registryUrl)
  for (const [subject, schema] of Object.entries(deps.schemas)) {
    const latest = await registry.latest(subject)
    if (latest !== null) {
      try {
        toType(schema).createResolver(toType(latest))
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error)
        throw new Fault(
          'schema_incompatible',
          `The schema of ${subject} cannot read what is already in its topic: ${why}. Give the field a default, or leave it as it was.`,
          error,
        )
      }
    }
    await registry.register(subject, schema)
  }
}
