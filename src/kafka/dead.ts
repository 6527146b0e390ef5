import type { Dead } from '../events/outcome.ts'
import type { InRecord } from './record.ts'

/** So much of a value is kept that the record of topic `dead` fits wherever the value itself fitted. */
const KEPT_BYTES = 500_000
const KEY_MAX = 1_000

/** A record that cannot be read, as topic `dead` keeps it. */
export function deadOf({ topic, partition, offset, key, value }: InRecord, role: string, error: Error, nowMs: number): Dead {
  const bytes = value?.length ?? 0
  const cut = bytes > KEPT_BYTES ? ` (${bytes} bytes, the first ${KEPT_BYTES} are kept)` : ''
  return {
    topic,
    partition,
    offset,
    at: nowMs,
    role,
    error: `${error.message}${cut}`,
    attempts: 1,
    key: key?.toString().slice(0, KEY_MAX) ?? null,
    value: value?.subarray(0, KEPT_BYTES).toString('base64') ?? '',
  }
}
