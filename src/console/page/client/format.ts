import { TRACKER_NAMES } from '../../../events/words.ts'

const whole = new Intl.NumberFormat('en')
const clock = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false })
const day = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short' })
const TO_THE_MS = { hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3, hour12: false } as const
const precise = new Intl.DateTimeFormat('en', TO_THE_MS)
const full = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short', year: 'numeric', ...TO_THE_MS })

export const count = (n: number): string => whole.format(n)
export const timeOf = (iso: string): string => clock.format(new Date(iso))
export const preciseTime = (iso: string): string => precise.format(new Date(iso))
export const fullTime = (iso: string): string => full.format(new Date(iso))

/** The day of an instant; '' for today. */
export function dayOf(iso: string, nowMs: number): string {
  const [at, today] = [new Date(iso), new Date(nowMs)]
  return at.toDateString() === today.toDateString() ? '' : day.format(at)
}

/** `0.9312` -> `93.1`. Never rounded up to the whole: 99.97 % is shown as 99.9. */
export function percent(rate: number): string {
  const tenths = Math.floor(rate * 1_000 + 1e-9)
  return tenths % 10 === 0 ? String(tenths / 10) : (tenths / 10).toFixed(1)
}

/** Decimal text with its currency, digits as they are. */
export function money(value: string | null, currency: string | null): string {
  if (value === null) return ''
  const [units = '', decimals] = value.split('.')
  const sign = units.startsWith('-') ? '−' : ''
  const grouped = units.replace('-', '').replace(/\B(?=(\d{3})+$)/g, ',')
  return `${sign}${grouped}${decimals === undefined ? '' : `.${decimals}`}${currency === null ? '' : ` ${currency}`}`
}

export const words = (id: string): string => id.replaceAll('_', ' ')

const NAMES: Readonly<Record<string, string>> = {
  meta: 'Meta',
  google: 'Google',
  tiktok: 'TikTok',
  ...TRACKER_NAMES,
}
export const nameOf = (id: string): string => NAMES[id] ?? id

/** JSON text indented; anything else as it is. */
export function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}
