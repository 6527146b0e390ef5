const SECONDS = /^\d{9,11}(?:\.\d{1,9})?$/
const MILLISECONDS = /^\d{12,14}$/
const ISO = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?)\s?(Z|z|[+ -]\d{2}:?\d{2})?)?$/
/** Before it nothing we could know of was converted: such a number is a mistake. */
const EARLIEST_MS = Date.UTC(2000, 0, 1)

/** Epoch milliseconds of an ISO 8601 text, epoch seconds or epoch milliseconds; undefined when it is none of them.
 *  Without an offset it is the wall clock of `timezone` (IANA name). A plus sign that a query turned into a blank still
 *  counts as one. */
export function readTime(text: string, timezone: string): number | undefined {
  const value = text.trim()
  const ms = SECONDS.test(value) ? Math.round(Number(value) * 1000) : MILLISECONDS.test(value) ? Number(value) : isoMs(value, timezone)
  return ms === undefined || ms < EARLIEST_MS ? undefined : ms
}

function isoMs(text: string, timezone: string): number | undefined {
  const parts = ISO.exec(text)
  if (parts === null) return undefined
  const [, date = '', time = '00:00', offset] = parts
  const local = `${date}T${time.replace(',', '.')}`
  try {
    if (offset === undefined) return Temporal.PlainDateTime.from(local).toZonedDateTime(timezone).epochMilliseconds
    return Temporal.Instant.from(local + offset.toUpperCase().replace(/^ /, '+')).epochMilliseconds
  } catch {
    return undefined
  }
}
