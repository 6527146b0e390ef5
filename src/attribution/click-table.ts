import type { Click } from '../events/click.ts'
import { foldClickId } from '../events/keys.ts'
import type { TableLog } from '../state/table-log.ts'
import type { Found } from './attribute.ts'

/** Nobody's tracker spells one id in more ways; whoever makes more must not slow the partition down. */
const SPELLINGS_MAX = 16

/** `value` as it is in the topic; null takes the click away. At most SPELLINGS_MAX spellings of an id are kept. */
export function putClick(table: TableLog, key: string, value: Buffer | null, decode: (value: Buffer) => Click): void {
  const place = foldedKey(key)
  const others = spellings(table.get(place)).filter((other) => decode(other).click_id !== clickIdOf(key))
  const values = [...others, ...(value === null ? [] : [value])].slice(-SPELLINGS_MAX)
  if (values.length === 0) table.remove(place)
  else table.put(place, pack(values))
}

export function findClick(table: TableLog, key: string, decode: (value: Buffer) => Click): Found {
  let otherSpelling: string | undefined
  for (const value of spellings(table.get(foldedKey(key)))) {
    const click = decode(value)
    if (click.click_id === clickIdOf(key)) return { click, otherSpelling: undefined }
    otherSpelling ??= click.click_id
  }
  return { click: undefined, otherSpelling }
}

/** `<workspace>:c:<click id>`; workspace ids hold no colon. */
const clickIdOf = (key: string): string => key.slice(key.indexOf(':') + 3)

/** What folding may change: ids are mostly in lower case. */
const FOLDS = /[A-Z\s]/
const foldedKey = (key: string): Buffer =>
  Buffer.from(FOLDS.test(key) ? key.slice(0, key.length - clickIdOf(key).length) + foldClickId(clickIdOf(key)) : key)

/** Spellings of one click id share a place, nearly always alone: each value behind its length. */
function pack(values: readonly Buffer[]): Buffer {
  const packed = Buffer.allocUnsafe(values.reduce((sum, value) => sum + 4 + value.length, 0))
  let at = 0
  for (const value of values) {
    packed.writeUInt32BE(value.length, at)
    packed.set(value, at + 4)
    at += 4 + value.length
  }
  return packed
}

function spellings(packed: Buffer | undefined): Buffer[] {
  if (packed === undefined) return []
  const values: Buffer[] = []
  for (let at = 0; at < packed.length; ) {
    const end = at + 4 + packed.readUInt32BE(at)
    values.push(packed.subarray(at + 4, end))
    at = end
  }
  return values
}
