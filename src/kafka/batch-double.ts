import type { Batch, PartedBatch } from './record.ts'

/** A fetched batch of records that are there; for tests. */
export const parted = (batch: Batch): PartedBatch => ({
  ...batch,
  *inParts(most) {
    const { records, nextOffset } = batch
    for (let at = 0; at === 0 || at < records.length; at += most) {
      const isLast = at + most >= records.length
      yield { ...batch, records: records.slice(at, at + most), nextOffset: isLast ? nextOffset : (records[at + most - 1]?.offset ?? 0) + 1 }
    }
  },
})
