import type { ClickRecord } from '../events/click.ts'
import { mergeAccepted } from './transaction.ts'

/** Two records of one click, as redirect, pixel and API may each write one: what is known stays known, whoever comes later, and
 *  the click was when it was first seen. The same in any order, but for fields on which they contradict each other: there the
 *  earlier record stands. Of a transaction the click it was first matched with stands whole, and what was accepted adds up. */
export function mergeClicks(known: ClickRecord | undefined, come: ClickRecord): ClickRecord {
  if (known === undefined) return come
  if (come.transaction_id !== null) return { ...known, accepted: mergeAccepted(known.accepted, come.accepted) }
  const filled = Object.fromEntries(
    Object.entries(come).map(([field, value]) => [field, known[field as keyof ClickRecord] ?? value]),
  ) as unknown as ClickRecord // the same fields
  return {
    ...filled,
    ids: [...new Set([...known.ids, ...come.ids])],
    clicked_at: Math.min(known.clicked_at, come.clicked_at),
    received_at: Math.min(known.received_at, come.received_at),
    utm: { ...come.utm, ...known.utm },
    test: known.test || come.test,
  }
}
