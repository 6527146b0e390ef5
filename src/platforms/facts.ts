import type { Conversion } from '../events/conversion.ts'
import type { PlatformClickId } from '../events/words.ts'

export const HOUR_MS = 3_600_000
export const DAY_MS = 24 * HOUR_MS

/** When the conversion happened: the sender's word, else when we received it. A sender's clock that runs ahead of ours is
 *  cut to the time of receipt, since nothing is received before it happens and platforms refuse the future. */
export function happenedAtMs({ reading, received_at }: Conversion): number {
  return Math.min(reading.event_time ?? received_at, received_at)
}

export const seconds = (ms: number): number => Math.floor(ms / 1_000)

/** An id that an ad platform gave the visitor: the click's, else what came inline, byte for byte. */
export function platformIdOf({ click, reading }: Conversion, id: PlatformClickId | 'fbp' | 'ttp'): string | null {
  return click?.[id] ?? reading[id]
}

/** Address and user agent of the visitor: the click's, where the browser itself was seen; else what the sender says. */
export function clientOf({ click, reading }: Conversion): { ip: string | null; userAgent: string | null } {
  return { ip: click?.client_ip ?? reading.client_ip, userAgent: click?.client_user_agent ?? reading.client_user_agent }
}

/** Value with its currency as JSON takes them; undefined unless both are known, since an amount without a currency would be
 *  counted in the account's own. */
export function moneyOf({ reading }: Conversion): { value: number; currency: string } | undefined {
  return reading.value === null || reading.currency === null ? undefined : { value: Number(reading.value), currency: reading.currency }
}

export const isTest = ({ click, reading }: Conversion): boolean => reading.test || click?.test === true

/** The platform's name for an event: the destination's own map, else the definition's, else for `Custom_<name>` that whole
 *  word, which cannot be mistaken for a standard name. null: not sent. */
export function eventNameOf(
  event: string | null,
  own: Readonly<Record<string, string | null>>,
  names: Readonly<Record<string, string>>,
): string | null {
  if (event === null) return null
  const mapped = Object.hasOwn(own, event) ? own[event] : undefined
  if (mapped !== undefined) return mapped
  return names[event] ?? (event.startsWith('Custom_') ? event : null)
}

/** Without the fields that are null, undefined, or an empty list or object. */
export function compact(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => !isNothing(value)))
}

function isNothing(value: unknown): boolean {
  if (value === null || value === undefined) return true
  return typeof value === 'object' && Object.keys(value).length === 0
}
