import type { Click } from '../events/click.ts'
import { foldClickId } from '../events/keys.ts'
import type { Pending } from '../events/pending.ts'
import type { State } from '../state/lmdb.ts'
import type { Found } from './attribute.ts'
import type { FirstSight } from './fingerprint.ts'

export type StoreTopic = 'clicks' | 'pending' | 'postbacks'
export type HeldPostback = { readonly key: string; readonly pending: Pending }

/** What attribution knows, by partition. Clicks and held postbacks are a copy of their topics, written together with the
 *  offset they were read up to; first sights follow from topic `postbacks` the same way. */
export type AttributionStore = {
  transaction<Result>(work: () => Result): Result
  /** The offset to read next; undefined when nothing of this partition was ever read. */
  next(topic: StoreTopic, partition: number): number | undefined
  setNext(topic: StoreTopic, partition: number, next: number): void
  /** When this process last read the partition; undefined before the first mark. */
  aliveAt(partition: number): number | undefined
  markAlive(partition: number, nowMs: number): void
  /** `value` as it is in the topic; null takes the click away. At most SPELLINGS_MAX spellings of an id are kept. */
  putClick(partition: number, key: string, value: Buffer | null): void
  findClick(partition: number, key: string): Found
  putPending(partition: number, key: string, value: Buffer | null): void
  pending(partition: number, key: string): Pending | undefined
  /** What waits for the click of this key, at most `limit`. */
  heldFor(partition: number, clickKey: string, limit: number): HeldPostback[]
  /** Held postbacks in the order of their keys, at most `limit`, behind the key `after`. */
  heldAfter(partition: number, after: string, limit: number): HeldPostback[]
  /** What is past its deadline, at most `limit`, the oldest first. */
  due(partition: number, nowMs: number, limit: number): HeldPostback[]
  firstSight(partition: number, fingerprint: Buffer): FirstSight | undefined
  putFirstSight(partition: number, fingerprint: Buffer, sight: FirstSight): void
  /** Forgets a partition, to read it anew. */
  clear(partition: number): void
}

const UUID_LENGTH = 36
/** Nobody's tracker spells one id in more ways; whoever makes more must not slow the partition down. */
const SPELLINGS_MAX = 16
const OFFSET_BYTES = 6

export function createAttributionStore(
  state: State,
  decode: { readonly click: (value: Buffer) => Click; readonly pending: (value: Buffer) => Pending },
): AttributionStore {
  const clicks = state.table('clicks')
  const pending = state.table('pending')
  const deadlines = state.table('deadlines')
  const sights = state.table('sights')
  const positions = state.table('positions')

  const entries = (partition: number, foldedKey: string): { click: Click; value: Buffer }[] => {
    const stored = clicks.get(keyOf(partition, foldedKey))
    return stored === undefined ? [] : unpack(stored).map((value) => ({ click: decode.click(value), value }))
  }
  const toHeld = ({ key, value }: { key: Buffer; value: Buffer }): HeldPostback => ({
    key: key.subarray(2).toString(),
    pending: decode.pending(value),
  })

  return {
    transaction: (work) => state.transaction(work),
    next(topic, partition) {
      return positions.get(keyOf(partition, topic))?.readUIntBE(0, OFFSET_BYTES)
    },
    setNext(topic, partition, next) {
      positions.put(keyOf(partition, topic), uint48(next))
    },
    aliveAt: (partition) => positions.get(keyOf(partition, 'alive'))?.readUIntBE(0, OFFSET_BYTES),
    markAlive(partition, nowMs) {
      positions.put(keyOf(partition, 'alive'), uint48(nowMs))
    },
    putClick(partition, key, value) {
      const folded = foldKey(key)
      const others = entries(partition, folded).filter(({ click }) => click.click_id !== clickIdOf(key))
      const values = [...others.map((entry) => entry.value), ...(value === null ? [] : [value])].slice(-SPELLINGS_MAX)
      if (values.length === 0) clicks.remove(keyOf(partition, folded))
      else clicks.put(keyOf(partition, folded), pack(values))
    },
    findClick(partition, key) {
      const found = entries(partition, foldKey(key))
      const click = found.find((entry) => entry.click.click_id === clickIdOf(key))?.click
      return { click, otherSpelling: click === undefined ? found[0]?.click.click_id : undefined }
    },
    putPending(partition, key, value) {
      const place = keyOf(partition, key)
      const before = pending.get(place)
      if (before !== undefined) deadlines.remove(deadlineKey(partition, decode.pending(before).deadline_at, key))
      if (value === null) return pending.remove(place)
      pending.put(place, value)
      deadlines.put(deadlineKey(partition, decode.pending(value).deadline_at, key), place)
    },
    pending(partition, key) {
      const value = pending.get(keyOf(partition, key))
      return value === undefined ? undefined : decode.pending(value)
    },
    heldFor(partition, clickKey, limit) {
      const start = keyOf(partition, `${clickKey}:`)
      const found: HeldPostback[] = []
      // `;` follows `:`. A click id that begins with this one and a colon lies in between, and is another.
      for (const entry of pending.range(start, keyOf(partition, `${clickKey};`))) {
        if (found.length >= limit) break
        if (entry.key.length === start.length + UUID_LENGTH) found.push(toHeld(entry))
      }
      return found
    },
    heldAfter(partition, after, limit) {
      return [...pending.range(keyOf(partition, after === '' ? '' : `${after}\0`), keyOf(partition + 1, ''), limit)].map(toHeld)
    },
    due(partition, nowMs, limit) {
      const past = [...deadlines.range(deadlineKey(partition, 0, ''), deadlineKey(partition, nowMs + 1, ''), limit)]
      return past.flatMap(({ value: place }) => {
        const value = pending.get(place)
        return value === undefined ? [] : [toHeld({ key: place, value })]
      })
    },
    firstSight(partition, fingerprint) {
      const value = sights.get(prefixed(partition, fingerprint))
      if (value === undefined) return undefined
      return { offset: value.readUIntBE(0, 6), receivedAtMs: value.readUIntBE(6, 6), postbackId: value.toString('hex', 12) }
    },
    putFirstSight(partition, fingerprint, { offset, receivedAtMs, postbackId }) {
      sights.put(prefixed(partition, fingerprint), Buffer.concat([uint48(offset), uint48(receivedAtMs), Buffer.from(postbackId, 'hex')]))
    },
    clear(partition) {
      for (const table of [clicks, pending, deadlines, sights, positions]) {
        for (const { key } of [...table.range(keyOf(partition, ''), keyOf(partition + 1, ''))]) table.remove(key)
      }
    },
  }
}

function prefixed(partition: number, rest: Uint8Array): Buffer {
  const key = Buffer.allocUnsafe(2 + rest.length)
  key.writeUInt16BE(partition, 0)
  key.set(rest, 2)
  return key
}
const keyOf = (partition: number, text: string): Buffer => prefixed(partition, Buffer.from(text))
const deadlineKey = (partition: number, deadlineMs: number, key: string): Buffer =>
  prefixed(partition, Buffer.concat([uint48(Math.min(deadlineMs, 2 ** 48 - 1)), Buffer.from(key)]))

function uint48(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(OFFSET_BYTES)
  bytes.writeUIntBE(value, 0, OFFSET_BYTES)
  return bytes
}

/** `<workspace>:c:<click id>`; workspace ids hold no colon. */
const clickIdOf = (key: string): string => key.slice(key.indexOf(':') + 3)
const foldKey = (key: string): string => key.slice(0, key.length - clickIdOf(key).length) + foldClickId(clickIdOf(key))

/** Spellings of one click id share a place, nearly always alone: each value behind its length. */
function pack(values: readonly Buffer[]): Buffer {
  return Buffer.concat(
    values.flatMap((value) => {
      const length = Buffer.allocUnsafe(4)
      length.writeUInt32BE(value.length, 0)
      return [length, value]
    }),
  )
}

function unpack(packed: Buffer): Buffer[] {
  const values: Buffer[] = []
  for (let at = 0; at < packed.length; ) {
    const end = at + 4 + packed.readUInt32BE(at)
    values.push(packed.subarray(at + 4, end))
    at = end
  }
  return values
}
