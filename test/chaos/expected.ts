export type Logged = { readonly postbackId: string; readonly transaction: number }
export type Ending = 'matched' | 'held' | 'duplicate'

export type Expected = {
  /** What each postback of the log must have become in the end. */
  readonly endings: ReadonlyMap<string, Ending>
  /** How often the log has a postback that it has more than once: one conversion, written twice on its way in. */
  readonly times: ReadonlyMap<string, number>
}

/** What must come of the postbacks of one run, written without a line of attribution: of each transaction the first in the log
 *  counts, all others are its duplicates; it is matched when its click was sent at all, and waits else. All postbacks of a
 *  transaction have one click id, so one partition, whose order is the order of `log`. */
export function expectedOf(log: readonly Logged[], hasClick: (transaction: number) => boolean): Expected {
  const first = new Map<number, string>()
  const endings = new Map<string, Ending>()
  const times = new Map<string, number>()
  for (const { postbackId, transaction } of log) {
    if (endings.has(postbackId)) {
      times.set(postbackId, (times.get(postbackId) ?? 1) + 1)
      continue
    }
    const isFirst = !first.has(transaction)
    if (isFirst) first.set(transaction, postbackId)
    endings.set(postbackId, isFirst ? (hasClick(transaction) ? 'matched' : 'held') : 'duplicate')
  }
  return { endings, times }
}
