import type { ContentCheck } from '../events/content-check.ts'
import { type Codec, type Decoder, PoisonRecord, UnknownSchema } from './codec.ts'
import { deadOf } from './dead.ts'
import type { DeadRatio } from './dead-ratio.ts'
import type { OrPromise } from './or-promise.ts'
import type { InRecord, OutRecord, Report } from './record.ts'

export type Readable<Value> = {
  readonly record: InRecord
  readonly key: string
  /** null is a tombstone. */
  readonly value: Value | null
}

/** Most readers need no key. */
class ReadRecord<Value> implements Readable<Value> {
  readonly record: InRecord
  readonly value: Value | null
  #key: string | undefined

  constructor(record: InRecord, value: Value | null) {
    this.record = record
    this.value = value
  }
  get key(): string {
    this.#key ??= this.record.key?.toString() ?? ''
    return this.#key
  }
}

/** Reads the values of a batch. What can never be read is handed to `bury` as a record of topic `dead`, to be written in the
 *  same transaction as the offset, and is left out; a registry that does not answer throws, so the batch comes again.
 *  `Value` is what the topic's schema says: codec and check are the border. Throws `too_many_dead` when it would bury what comes.
 *  The answer is there at once, unless the registry must be asked for a schema: who waits lets other batches begin, and then the records
 *  of all are alive together. */
export function createReadable(deps: {
  readonly codec: Codec
  /** Where less is to be read than the codec reads. */
  readonly decoder?: Decoder
  readonly role: string
  /** What Avro cannot say of the values of a topic; absent where that is nothing. */
  readonly checkOf?: (topic: string) => ContentCheck | undefined
  readonly ratio?: DeadRatio
  readonly nowMs: () => number
  readonly report: Report
}) {
  const { codec, decoder = codec, role, nowMs, report, ratio } = deps
  function put<Value>(record: InRecord, value: Value | null, read: Readable<Value>[]): void {
    const wrong = value === null ? null : (deps.checkOf?.(record.topic)?.(value) ?? null)
    if (wrong !== null) throw new PoisonRecord('refused', wrong)
    ratio?.good(record)
    read.push(new ReadRecord(record, value))
  }
  function buryRecord(record: InRecord, error: unknown, bury: Bury): void {
    if (!(error instanceof PoisonRecord)) throw error
    ratio?.dead(record, error.message)
    const { topic, partition, offset } = record
    report('error', { topic, partition, offset, error: error.message }, 'record.dead')
    const dead = deadOf(record, role, error, nowMs())
    bury({ topic: 'dead', partition: 0, key: dead.key, value: codec.encode('dead-value', dead) })
  }
  async function readAsking<Value>(records: readonly InRecord[], read: Readable<Value>[], bury: Bury): Promise<Readable<Value>[]> {
    for (const record of records) {
      try {
        put(record, record.value === null ? null : ((await decoder.decodeAsync(record.value)) as Value), read)
      } catch (error) {
        buryRecord(record, error, bury)
      }
    }
    return read
  }
  return function readable<Value>(records: readonly InRecord[], bury: Bury): OrPromise<Readable<Value>[]> {
    const read: Readable<Value>[] = []
    for (const record of records) {
      try {
        put(record, record.value === null ? null : (decoder.decode(record.value) as Value), read)
      } catch (error) {
        if (error instanceof UnknownSchema) return readAsking(records.slice(records.indexOf(record)), read, bury)
        buryRecord(record, error, bury)
      }
    }
    return read
  }
}
type Bury = (out: OutRecord) => void
export type ReadableOf = ReturnType<typeof createReadable>
