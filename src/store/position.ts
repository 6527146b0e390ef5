/** Where reading of a partition begins. ClickHouse says what it holds, so its stored offset counts, higher or lower than the
 *  group's. Without one, or where it belongs to another log (no group offset, or outside what is there), all that the log still
 *  holds is read again, which changes nothing that is stored already. Absent numbers are undefined; `committed` -1 is none. */
export function startOf(known: { stored: number | undefined; committed: number | undefined; start: number; end: number }): {
  offset: number
  why: 'stored' | 'empty' | 'no_group_offset' | 'outside_log'
} {
  const { stored, committed, start, end } = known
  if (stored === undefined) return { offset: start, why: 'empty' }
  if (committed === undefined || committed < 0) return { offset: start, why: 'no_group_offset' }
  if (stored < start || stored > end) return { offset: start, why: 'outside_log' }
  return { offset: stored, why: 'stored' }
}
