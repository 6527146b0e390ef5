import avsc from 'avsc'
import { isKept, keepBytes } from './kept-bytes.ts'
import { optional } from './optional.ts'
import type { AvroSchema } from './registry.ts'
import { readText, type Tap, TEXT, writeText } from './texts.ts'
import { passingOver, type UnreadFields } from './unread-fields.ts'

type Coder = { _read(tap: Tap): unknown; _skip(tap: Tap): void; _write(tap: Tap, value: unknown): void }
type Listed = Coder & { readonly itemsType: Coder; readonly valuesType: Coder }

/** Optional fields are `["null", X]`, read and written as the plain value; longs are numbers, all below 2^53. `unread` fields are
 *  passed over by whoever reads. */
export function toType(schema: AvroSchema, unread: UnreadFields = {}): avsc.Type {
  const typeHook = (part: avsc.Schema, options: avsc.ForSchemaOptions) => ours(part, options, unread)
  // A copy, since avsc keeps what it is given. Each with a registry of names of its own: versions share names.
  return avsc.Type.forSchema(structuredClone(schema) as avsc.Schema, { wrapUnions: 'never', registry: {}, typeHook })
}

/** avsc believes the length that an array or a map says it has: seven bytes of garbage keep it busy for hours. An item
 *  takes a byte at least (we have no records without fields), so a length past the end is garbage. */
function ours(schema: avsc.Schema, options: avsc.ForSchemaOptions, unread: UnreadFields): avsc.Type | undefined {
  if (schema === 'string') return TEXT
  if (Array.isArray(schema)) return optional(schema, options)
  if (typeof schema !== 'object') return undefined
  const kind = (schema as { type?: unknown }).type
  if (kind === 'record' && isKept(schema as { name?: unknown })) {
    const { RecordType } = avsc.types as unknown as { RecordType: new (schema: avsc.Schema, options: avsc.ForSchemaOptions) => avsc.Type }
    const type = keepBytes(passingOver(new RecordType(schema, options), unread))
    if (options.registry !== undefined && type.name !== undefined) options.registry[type.name] = type // for whoever refers to it by name
    return type
  }
  if (kind === 'array') {
    const { ArrayType } = avsc.types as unknown as { ArrayType: new (schema: avsc.Schema, options: avsc.ForSchemaOptions) => avsc.Type }
    return Object.create(new ArrayType(schema, options), { _read: { value: readArray }, _skip: { value: skipArray } }) as avsc.Type
  }
  if (kind === 'map') {
    const { MapType } = avsc.types as unknown as { MapType: new (schema: avsc.Schema, options: avsc.ForSchemaOptions) => avsc.Type }
    return Object.create(new MapType(schema, options), {
      _read: { value: readMap },
      _skip: { value: skipMap },
      _write: { value: writeMap },
    }) as avsc.Type
  }
  return undefined
}

/** Items of the next block; 0 ends the list. https://avro.apache.org/docs/1.12.0/specification/#arrays-1 */
function blockLength(tap: Tap): number {
  let length = tap.readLong()
  if (length < 0) {
    length = -length
    tap.skipLong() // the block's size in bytes
  }
  if (length > tap.buf.length - tap.pos) throw new Error('a list is longer than the record')
  return length
}

function readArray(this: Listed, tap: Tap): unknown[] {
  const items: unknown[] = []
  for (let left = blockLength(tap); left > 0; left = blockLength(tap)) while (left-- > 0) items.push(this.itemsType._read(tap))
  return items
}

function skipArray(this: Listed, tap: Tap): void {
  for (let left = blockLength(tap); left > 0; left = blockLength(tap)) while (left-- > 0) this.itemsType._skip(tap)
}

function readMap(this: Listed, tap: Tap): Record<string, unknown> {
  const map: Record<string, unknown> = {}
  for (let left = blockLength(tap); left > 0; left = blockLength(tap)) {
    while (left-- > 0) {
      const key = readText(tap)
      const value = this.valuesType._read(tap)
      if (key === '__proto__') Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true })
      else map[key] = value
    }
  }
  return map
}

function skipMap(this: Listed, tap: Tap): void {
  for (let left = blockLength(tap); left > 0; left = blockLength(tap)) {
    while (left-- > 0) {
      tap.skipString()
      this.valuesType._skip(tap)
    }
  }
}

function writeMap(this: Listed, tap: Tap, map: unknown): void {
  if (typeof map !== 'object' || map === null || Array.isArray(map)) throw new TypeError('it is no map') // whoever writes names its path
  const entries = Object.entries(map)
  if (entries.length > 0) {
    tap.writeLong(entries.length)
    for (const [key, value] of entries) {
      writeText(tap, key)
      this.valuesType._write(tap, value)
    }
  }
  tap.writeLong(0)
}
