/** How much of a workspace's limit in one partition has not been used yet. */
export type Turn = { readonly tokens: number; readonly atMs: number }

/** So much of the limit may be made up for at once, after a sweep that came late. */
const MADE_UP_MS = 10_000
const MINUTE_MS = 60_000

/** What the limit has granted by `nowMs`; a whole token releases one postback. A clock that went back grants nothing, and
 *  however small the limit, one postback's turn comes. */
export function grant(turn: Turn, perMinute: number, nowMs: number): Turn {
  const granted = (Math.max(0, nowMs - turn.atMs) * perMinute) / MINUTE_MS
  const most = Math.max(1, (perMinute * MADE_UP_MS) / MINUTE_MS)
  return { tokens: Math.min(most, turn.tokens + granted), atMs: nowMs }
}
