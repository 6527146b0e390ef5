import type { ListedEvent } from '../../../store/listed-event.ts'

/** What the list is narrowed to; it stands in the address of the page. */
export type Filter = { readonly status: string; readonly q: string }

export function readFilter(search: string): Filter {
  const params = new URLSearchParams(search)
  return { status: params.get('status') ?? '', q: params.get('q') ?? '' }
}

/** `sub3:blue` in the search is a whole value of one of the sub ids; anything else is part of an id. */
const SUB = /^\s*(sub(?:[1-9]|1\d|20)):(.+)$/is

/** The filter as the API takes it. */
export function queryOf({ status, q }: Filter): Record<string, string> {
  const [, sub, value] = SUB.exec(q) ?? []
  return { status, ...(sub === undefined || value === undefined ? { q } : { [sub.toLowerCase()]: value }) }
}

/** Whether an event that has just changed belongs into the list. The same test as the API's. */
export function fits(event: ListedEvent, { status, q }: Filter): boolean {
  if (status !== '' && event.status !== status) return false
  if (q === '') return true
  const [, sub, value] = SUB.exec(q) ?? []
  if (sub !== undefined) return event.subs[sub.toLowerCase()] === value
  const wanted = q.toLowerCase()
  return [event.click_id, event.transaction_id, event.event_id, event.postback_id].some((id) => id?.toLowerCase().includes(wanted))
}

export type Rows = ReadonlyMap<string, ListedEvent>

/** The rows with what changed: new ones that fit come in, known ones are renewed, those that no longer fit leave. */
export function merged(rows: Rows, changed: readonly ListedEvent[], filter: Filter, most: number): Rows {
  const next = new Map(rows)
  for (const event of changed) {
    if (fits(event, filter)) next.set(event.postback_id, event)
    else next.delete(event.postback_id)
  }
  if (next.size <= most) return next
  return new Map(
    newestFirst(next)
      .slice(0, most)
      .map((event) => [event.postback_id, event]),
  )
}

export const newestFirst = (rows: Rows): ListedEvent[] =>
  [...rows.values()].sort((a, b) => compare(b.received_at, a.received_at) || compare(b.postback_id, a.postback_id))

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
