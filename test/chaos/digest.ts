import { createHash, type Hash } from 'node:crypto'

/** What a reader saw of a partition: how many records, the last one's offset, and a hash over offsets and keys in order. */
export type Seen = { readonly count: number; readonly last: number; readonly sha256: string }
export type Digest = { add(partition: number, offset: number, key: string): void; ofPartition(): Map<number, Seen> }

/** Offsets from `ends` on came later and do not count. */
export function createDigest(ends: ReadonlyMap<number, { end: number }>): Digest {
  const partitions = new Map<number, { count: number; last: number; hash: Hash }>()
  return {
    add(partition, offset, key) {
      if (offset >= (ends.get(partition)?.end ?? 0)) return
      const one = partitions.get(partition) ?? { count: 0, last: -1, hash: createHash('sha256') }
      partitions.set(partition, one)
      one.count++
      one.last = offset
      one.hash.update(`${offset} ${key}\n`)
    },
    ofPartition: () =>
      new Map([...partitions].map(([partition, { count, last, hash }]) => [partition, { count, last, sha256: hash.copy().digest('hex') }])),
  }
}
