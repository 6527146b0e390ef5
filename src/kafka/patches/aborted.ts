/** As a fetch response lists them: of the partition, overlapping the fetched range, in the order they ended. */
export type AbortedTransaction = { readonly producerId: string; readonly firstOffset: string }

/** Which record batches belong to aborted transactions. Like Java's CompletedFetch this takes the list in the order the
 *  transactions began, and each one that began at or before the end of a batch; asked batch by batch in log order. */
export type AbortedBatches = {
  isAborted(producerId: number, lastOffset: number): boolean
  /** An abort marker of this producer was read: its next transaction is another one. */
  ended(producerId: number): void
}

export function abortedBatches(list: readonly AbortedTransaction[] | null | undefined): AbortedBatches {
  const upcoming = (list ?? [])
    .map(({ producerId, firstOffset }) => ({ producerId: Number(producerId), firstOffset: Number(firstOffset) }))
    .sort((a, b) => a.firstOffset - b.firstOffset)
  const aborting = new Set<number>()
  let next = 0
  return {
    isAborted(producerId, lastOffset) {
      for (let entry = upcoming[next]; entry !== undefined && entry.firstOffset <= lastOffset; entry = upcoming[next]) {
        aborting.add(entry.producerId)
        next++
      }
      return aborting.has(producerId)
    },
    ended(producerId) {
      aborting.delete(producerId)
    },
  }
}
