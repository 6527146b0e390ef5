import { Column } from './column.ts'
import type { Ledger } from './ledger.ts'
import { TRAITS } from './ledger.ts'
import type { World } from './world.ts'

/** What may have become of a postback, as bits. */
export const FATES = {
  held: 1,
  duplicate: 2,
  quarantined: 4,
  unmatched: 8,
  'matched by click': 16,
  'matched inline': 32,
  'matched otherwise': 64,
} as const
const { held, duplicate, quarantined, unmatched, ...by } = FATES
const [byClick, inline, otherwise] = [by['matched by click'], by['matched inline'], by['matched otherwise']]
const MATCHED = byClick | inline | otherwise

/** Clocks of sender and redirect may differ by this much, as the contract says. */
const SKEW_MS = 5 * 60_000
/** Deadlines and clicks this close to a decision may have come before it or after it. */
const NEAR_MS = 60_000
/** A click this young may not have reached those who wait for it. */
const YOUNG_MS = 5_000

/** Attribution told again from `clicks` and `postbacks` alone, in code that shares nothing with it: by row of `postbacks`, the
 *  fates that the contract allows. Where a decision hangs on the moment it was made, either side of the moment is allowed. */
export function expectedFates(ledger: Ledger, world: World, options: { readonly startedMs: number; readonly clicksAreWhole: boolean }) {
  const { postbacks, clicks } = ledger
  const fates = new Column('u8')
  /** Row + 1 of the first sight, by fingerprint. */
  const firstOf = new Column('u32')

  for (const rows of ledger.order.values()) {
    const first = new Set<number>()
    for (const row of rows) {
      // What was read again has its place where it lies the second time.
      if (postbacks.again.get(row) > 0 && !first.has(row)) {
        first.add(row)
        continue
      }
      const traits = postbacks.traits.get(row)
      const isRefused = (traits & TRAITS.quarantined) !== 0 || ((traits & TRAITS.revoked) !== 0 && postbacks.quarantined.get(row) > 0)
      fates.set(row, isRefused ? quarantined : repeated(row) | (traits & TRAITS.revoked ? quarantined : 0))
    }
  }
  return fates

  function repeated(row: number): number {
    const mark = postbacks.fingerprint.get(row)
    const first = firstOf.get(mark)
    const ageMs = first === 0 ? Number.POSITIVE_INFINITY : postbacks.receivedAt.get(row) - postbacks.receivedAt.get(first - 1)
    const { least, most } = rulesOf(row).dedupeMs
    if (ageMs > least) firstOf.set(mark, row + 1)
    if (postbacks.traits.get(row) & TRAITS.policy_changed) return duplicate | alone(row)
    return (ageMs <= most ? duplicate : 0) | (ageMs > least ? alone(row) : 0)
  }

  function alone(row: number): number {
    const traits = postbacks.traits.get(row)
    const isInline = (traits & TRAITS.inline) !== 0
    const { holdMs } = rulesOf(row)
    const receivedAt = postbacks.receivedAt.get(row)
    const deadline = { least: receivedAt + holdMs.least, most: receivedAt + holdMs.most }
    const click = postbacks.click.get(row) - 1
    if (click >= 0 && clicks.records.get(click) > 0) {
      let allowed = traits & TRAITS.by_transaction ? otherwise | duplicate : withClick(row, click)
      if (clicks.tombstones.get(click) > 0) allowed |= held | unmatched | MATCHED
      const cameAt = clicks.cameAt.get(click)
      if (isInline && cameAt > receivedAt - NEAR_MS) allowed |= inline
      if (!isInline && cameAt > deadline.least - NEAR_MS) allowed |= unmatched
      if (!isInline && cameAt > options.startedMs - YOUNG_MS) allowed |= held
      return allowed
    }
    const unknown = options.clicksAreWhole ? 0 : byClick
    if (isInline) return inline | unknown
    const canWait = (traits & TRAITS.by_transaction) !== 0 || (traits & (TRAITS.fault | TRAITS.no_click_id)) === 0
    if (!canWait) return unmatched
    const isLate = deadline.least < options.startedMs + NEAR_MS
    const isEarly = deadline.most > options.startedMs - NEAR_MS
    return unknown | (isEarly ? held : 0) | (isLate ? unmatched : 0)
  }

  function withClick(row: number, click: number): number {
    let allowed = 0
    const { windowMs } = rulesOf(row)
    for (const clickedAt of [clicks.firstClickedAt.get(click), clicks.lastClickedAt.get(click)]) {
      const ageMs = postbacks.happenedAt.get(row) - clickedAt
      if (ageMs < -SKEW_MS || ageMs > windowMs.least) allowed |= unmatched
      if (ageMs >= -SKEW_MS && ageMs <= windowMs.most) allowed |= byClick
    }
    return allowed
  }

  function rulesOf(row: number) {
    return world.rules(ledger.workspaces.name(postbacks.workspace.get(row)))
  }
}

/** What became of it by the outcomes; 0: nothing yet. */
export function fateOf({ postbacks, whys }: Ledger, row: number): number {
  if (postbacks.matched.get(row) > 0) {
    const by = whys.name(postbacks.matchedBy.get(row))
    return by === 'click_id' ? byClick : by === 'inline' ? inline : otherwise
  }
  if (postbacks.quarantined.get(row) > postbacks.again.get(row)) return quarantined
  if (postbacks.duplicate.get(row) > 0) return duplicate
  if (postbacks.unmatched.get(row) > 0) return unmatched
  return postbacks.held.get(row) > 0 ? held : 0
}

export const fatesToText = (fates: number): string =>
  Object.entries(FATES)
    .flatMap(([name, bit]) => (fates & bit ? [name] : []))
    .join(' or ')
