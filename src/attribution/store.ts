import type { Click } from '../events/click.ts'
import { foldClickId } from '../events/keys.ts'
import type { Pending } from '../events/pending.ts'
import type { State } from '../state/state.ts'
import type { Found } from './attribute.ts'
import type { FirstSight } from './fingerprint.ts'
import { createHeldStore, type HeldStore } from './held-store.ts'
import { keyOf, prefixed, readUint48, uint48 } from './place.ts'

export type StoreTopic = 'clicks' | 'pending' | 'postbacks'

/** What attribution knows, by partition. Clicks and held postbacks are a copy of their topics, written together with the
 *  offset they were read up to; first sights follow from topic `postbacks` the same way. */
export type AttributionStore = HeldStore & {
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
  firstSight(partition: number, fingerprint: Buffer): FirstSight | undefined
  putFirstSight(partition: number, fingerprint: Buffer, sight: FirstSight): void
}

/** Nobody's tracker spells one id in more ways; whoever makes more must not slow the partition down. */
const SPELLINGS_MAX = 16

export function createAttributionStore(
  state: State,
  decode: { readonly click: (value: Buffer) => Click; readonly pending: (value: Buffer) => Pending },
): AttributionStore {
  const clicks = state.table('clicks')
  const held = createHeldStore(state, decode.pending)
  const sights = state.table('sights')
  const positions = state.table('positions')

  const entries = (partition: number, foldedKey: string): { click: Click; value: Buffer }[] => {
    const stored = clicks.get(keyOf(partition, foldedKey))
    return stored === undefined ? [] : unpack(stored).map((value) => ({ click: decode.click(value), value }))
  }

  const numberAt = (key: Buffer): number | undefined => {
    const value = positions.get(key)
    return value === undefined ? undefined : readUint48(value)
  }

  return {
    ...held,
    transaction: (work) => state.transaction(work),
    next(topic, partition) {
      return numberAt(keyOf(partition, topic))
    },
    setNext(topic, partition, next) {
      positions.put(keyOf(partition, topic), uint48(next))
    },
    aliveAt: (partition) => numberAt(keyOf(partition, 'alive')),
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
    firstSight(partition, fingerprint) {
      const value = sights.get(prefixed(partition, fingerprint))
      if (value === undefined) return undefined
      return { offset: readUint48(value), receivedAtMs: readUint48(value, 6), postbackId: value.toString('hex', 12) }
    },
    putFirstSight(partition, fingerprint, { offset, receivedAtMs, postbackId }) {
      sights.put(prefixed(partition, fingerprint), Buffer.concat([uint48(offset), uint48(receivedAtMs), Buffer.from(postbackId, 'hex')]))
    },
    clear(partition) {
      held.clear(partition)
      for (const table of [clicks, sights, positions]) {
        for (const { key } of [...table.range(keyOf(partition, ''), keyOf(partition + 1, ''))]) table.remove(key)
      }
    },
  }
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
