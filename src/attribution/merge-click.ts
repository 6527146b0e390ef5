import type { Click } from '../events/click.ts'

/** Two records of one click, as redirect, pixel and API may each write one: what is known stays known, whoever comes later, and
 *  the click was when it was first seen. The same in any order, but for fields on which they contradict each other: there the
 *  earlier record stands. */
export function mergeClicks(known: Click | undefined, come: Click): Click {
  if (known === undefined) return come
  const filled = Object.fromEntries(
    Object.entries(come).map(([field, value]) => [field, known[field as keyof Click] ?? value]),
  ) as unknown as Click // the same fields
  return {
    ...filled,
    ids: [...new Set([...known.ids, ...come.ids])],
    clicked_at: Math.min(known.clicked_at, come.clicked_at),
    received_at: Math.min(known.received_at, come.received_at),
    utm: { ...come.utm, ...known.utm },
    test: known.test || come.test,
  }
}
