export type AddressLimit = {
  /** Counts one of this address; true: it has had more than its share of this minute. */
  isOver(ip: string, nowMs: number): boolean
}

const ADDRESSES_MAX = 50_000
const MINUTE_MS = 60_000

/** So many a minute of one address. Beyond 50,000 addresses in a minute the count begins anew, so that memory has a bound. */
export function createAddressLimit(perMinute: number): AddressLimit {
  let minute = 0
  let counts = new Map<string, number>()
  return {
    isOver(ip, nowMs) {
      const now = Math.floor(nowMs / MINUTE_MS)
      if (now !== minute || counts.size > ADDRESSES_MAX) {
        minute = now
        counts = new Map()
      }
      const count = (counts.get(ip) ?? 0) + 1
      counts.set(ip, count)
      return count > perMinute
    },
  }
}
