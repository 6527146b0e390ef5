import { bodyBytesMax, HEAD_BYTES_MAX, writeBody } from './patches/record-batch.ts'
import type { OutRecord } from './record.ts'

/** The records of one batch or one timer until their transaction, as the bytes they will be sent in. They wait through several
 *  collections, and thousands of objects with a key and a buffer each would be copied by every one of them; so they lie outside
 *  of the heap, all bodies one behind the other, and an index says where. */
export type Outputs = {
  put(record: OutRecord): void
  readonly count: number
  /** As they will be sent, at most. */
  readonly bytes: number
  /** By topic and partition. */
  readonly chains: ReadonlyMap<string, readonly (Chain | undefined)[]>
  /** The record after this one in its chain. */
  after(record: number): number
  /** Key and value as they stand in a record batch. */
  bodyBytes(record: number): number
  copyBody(record: number, into: Buffer, at: number): void
  /** The memory is used again: nothing may look at them any more. */
  free(): void
}

/** Records of one partition in the order they were put; `bytes` as they will be sent, at most. */
export type Chain = { first: number; last: number; count: number; bytes: number }

const SLAB_BYTES = 65_536
/** Kept for use again, at most. */
const SPARE_SLABS = 256
const spare: Buffer[] = []

/** Of a record in the index: its slab, where its body begins there, how long it is, and the next record of its partition. */
const FIELDS = 4
const FIRST_INDEX = 64 * FIELDS

const noPartitions = (): (Chain | undefined)[] => []

class OffHeap implements Outputs {
  readonly chains = new Map<string, (Chain | undefined)[]>()
  count = 0
  bytes = 0
  readonly #slabs: Buffer[] = []
  #used = 0
  #index = new Int32Array(FIRST_INDEX)

  put({ topic, partition, key, value }: OutRecord): void {
    const slab = this.#withRoom(bodyBytesMax(key, value))
    const start = this.#used
    this.#used = writeBody(slab, start, key, value)
    const record = this.count++
    const field = record * FIELDS
    if (field === this.#index.length) {
      const longer = new Int32Array(2 * field)
      longer.set(this.#index)
      this.#index = longer
    }
    this.#index[field] = this.#slabs.length - 1
    this.#index[field + 1] = start
    this.#index[field + 2] = this.#used - start
    this.#chain(topic, partition, record, this.#used - start + HEAD_BYTES_MAX)
  }

  #chain(topic: string, partition: number, record: number, bytes: number): void {
    this.bytes += bytes
    const partitions = this.chains.getOrInsertComputed(topic, noPartitions)
    const chain = partitions[partition]
    if (chain === undefined) {
      partitions[partition] = { first: record, last: record, count: 1, bytes }
      return
    }
    this.#index[chain.last * FIELDS + 3] = record
    chain.last = record
    chain.count++
    chain.bytes += bytes
  }

  #withRoom(bytes: number): Buffer {
    const last = this.#slabs.at(-1)
    if (last !== undefined && this.#used + bytes <= last.length) return last
    const slab = bytes <= SLAB_BYTES ? (spare.pop() ?? Buffer.allocUnsafeSlow(SLAB_BYTES)) : Buffer.allocUnsafeSlow(bytes)
    this.#slabs.push(slab)
    this.#used = 0
    return slab
  }

  after(record: number): number {
    return this.#index[record * FIELDS + 3] as number // as below: every record put has its fields
  }

  bodyBytes(record: number): number {
    return this.#index[record * FIELDS + 2] as number
  }

  copyBody(record: number, into: Buffer, at: number): void {
    const field = record * FIELDS
    const start = this.#index[field + 1] as number
    const slab = this.#slabs[this.#index[field] as number]
    if (slab === undefined) throw new Error('these outputs were freed')
    slab.copy(into, at, start, start + (this.#index[field + 2] as number))
  }

  free(): void {
    for (const slab of this.#slabs) if (slab.length === SLAB_BYTES && spare.length < SPARE_SLABS) spare.push(slab)
    this.#slabs.length = 0
    this.chains.clear()
  }
}

export function createOutputs(records: Iterable<OutRecord> = []): Outputs {
  const outputs = new OffHeap()
  for (const record of records) outputs.put(record)
  return outputs
}

/** Collects what `fill` puts. The outbox is closed when it has returned: a later output would belong to no transaction. */
export async function collect(fill: (outbox: { put(record: OutRecord): void }) => void | Promise<void>): Promise<Outputs> {
  const outputs = createOutputs()
  let open = true
  await fill({
    put(record) {
      if (!open) throw new Error('the outbox is closed: this output would belong to no transaction')
      outputs.put(record)
    },
  })
  open = false
  return outputs
}
