/** What is sent in one run, as a function of its seed: the same seed sends the same. */
export type Scenario = {
  readonly seed: number
  /** Marks every id of the run. */
  readonly mark: string
  /** Transactions; resends come on top. */
  readonly postbacks: number
  readonly perSecond: number
  readonly workspaces: number
}

/** Milliseconds are counted from the start of the run; `resendMs` is null where the postback comes once. */
export type Shot = {
  readonly n: number
  readonly workspace: number
  readonly postbackMs: number
  /** Null: its click never comes. */
  readonly clickMs: number | null
  readonly resendMs: number | null
}

export const PLATFORMS = ['meta', 'google', 'tiktok'] as const
const EVENTS = ['Purchase', 'Lead', 'SignUp', 'Subscribe'] as const
const SHARES = { early: 0.05, resent: 0.02, clickless: 0.01 } as const
/** A click that comes in time is sent this long before its postback. */
export const CLICK_LEAD_MS = 2_000
const EARLY_MS = { from: 2_000, to: 10_000 } as const
const RESEND_MS = { from: 500, to: 10_000 } as const
/** Nothing of a shot is sent later than this after its postback. */
export const SHOT_SPAN_MS = 10_000
const HOUR_MS = 3_600_000
const ITEM_BYTES = 300

/** A number from 0 (in) to 1 (out) that is decided by its arguments: splitmix32 over them. */
export function chance(...of: readonly number[]): number {
  let state = 0x9e3779b9
  for (const one of of) {
    state = Math.imul(state ^ one, 0x85ebca6b) + 0x9e3779b9
    state = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
    state = Math.imul(state ^ (state >>> 15), 0x735a2d97)
    state ^= state >>> 15
  }
  return (state >>> 0) / 0x1_0000_0000
}

const between = ({ from, to }: { from: number; to: number }, share: number): number => from + (to - from) * share

/** Cumulative weights of 1/rank. */
export function zipf(count: number): readonly number[] {
  const weights = Array.from({ length: count }, (_, index) => 1 / (index + 1))
  const all = weights.reduce((sum, weight) => sum + weight, 0)
  let sum = 0
  return weights.map((weight) => {
    sum += weight / all
    return sum
  })
}

export function shots(scenario: Scenario): (n: number) => Shot {
  const { seed, perSecond, workspaces } = scenario
  const weights = zipf(workspaces)
  return (n) => {
    const at = chance(seed, n, 1)
    const workspace = weights.findIndex((upTo) => at < upTo)
    const postbackMs = CLICK_LEAD_MS + (n * 1_000) / perSecond
    const kind = chance(seed, n, 2)
    const early = kind < SHARES.early
    const clickless = !early && kind < SHARES.early + SHARES.clickless
    return {
      n,
      workspace: Math.max(workspace, 0),
      postbackMs,
      clickMs: clickless ? null : early ? postbackMs + between(EARLY_MS, chance(seed, n, 3)) : postbackMs - CLICK_LEAD_MS,
      resendMs: chance(seed, n, 4) < SHARES.resent ? postbackMs + between(RESEND_MS, chance(seed, n, 5)) : null,
    }
  }
}

export const platformOf = (n: number) => PLATFORMS[n % PLATFORMS.length] ?? 'meta'
/** Transaction and event id: the name under which each platform knows the conversion. */
export const transactionOf = (scenario: Scenario, n: number): string => `${scenario.mark}-${n}`
export const clickIdOf = (scenario: Scenario, n: number): string => `${scenario.mark}c${n}`
/** The number in a transaction or event id of this run; null: of another. */
export function numberOf(scenario: Scenario, id: string | null): number | null {
  const text = id?.startsWith(`${scenario.mark}-`) ? id.slice(scenario.mark.length + 1) : ''
  return /^\d+$/.test(text) ? Number(text) : null
}

/** Google wants clicks to be six hours old. */
export function clickBody(scenario: Scenario, n: number, startedMs: number): Record<string, unknown> {
  const platform = platformOf(n)
  const own = { meta: 'fbclid', google: 'gclid', tiktok: 'ttclid' }[platform]
  return {
    click_id: clickIdOf(scenario, n),
    clicked_at: startedMs - 7 * HOUR_MS,
    client_ip: '203.0.113.9',
    client_user_agent: 'Mozilla/5.0',
    campaign_id: `cmp${n % 7}`,
    [own]: `IwAR${scenario.mark}${n}`,
  }
}

export function postbackBody(scenario: Scenario, n: number): Record<string, unknown> {
  const body = {
    click_id: clickIdOf(scenario, n),
    transaction_id: transactionOf(scenario, n),
    event_id: transactionOf(scenario, n),
    event: EVENTS[n % EVENTS.length] ?? 'Lead',
    value: String(((n % 900) + 1) / 10),
    currency: 'USD',
    sub1: '',
  }
  return { ...body, sub1: 'x'.repeat(Math.max(0, ITEM_BYTES - JSON.stringify(body).length)) }
}
