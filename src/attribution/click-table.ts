import { wroteAscii } from '../events/ascii.ts'
import type { ClickRecord } from '../events/click.ts'
import { foldKey, idOf, isTransactionKey } from '../events/keys.ts'
import type { TableLog } from '../state/table-log.ts'

/** `otherSpelling`: a click id that differs from the key's in upper and lower case or in blanks alone. */
export type FoundClick = { readonly click: ClickRecord | undefined; readonly otherSpelling: string | undefined }

/** Nobody's tracker spells one id in more ways; whoever makes more must not slow the partition down. */
const SPELLINGS_MAX = 16

/** `value` as it is in the topic; null takes the click away. At most SPELLINGS_MAX spellings of an id are kept. `isAlone`: nothing lies
 *  there, which whoever has just looked for it knows. */
export function putClick(
  table: TableLog,
  key: string,
  value: Buffer | null,
  decode: (value: Buffer) => ClickRecord,
  isAlone = false,
): void {
  const place = foldedKey(key)
  const others = spellings(isAlone ? undefined : table.get(place)).filter((other) => idIn(decode(other), key) !== idOf(key))
  const values = [...others, ...(value === null ? [] : [value])].slice(-SPELLINGS_MAX)
  if (values.length === 0) table.remove(place)
  else table.put(place, pack(values))
}

export function findClick(table: TableLog, key: string, decode: (value: Buffer) => ClickRecord): FoundClick {
  const id = idOf(key)
  let otherSpelling: string | undefined
  for (const value of spellings(table.get(foldedKey(key)))) {
    const click = decode(value)
    if (idIn(click, key) === id) return { click, otherSpelling: undefined }
    otherSpelling ??= click.click_id
  }
  return { click: undefined, otherSpelling }
}

const idIn = (click: ClickRecord, key: string): string | null => (isTransactionKey(key) ? click.transaction_id : click.click_id)

/** A click is looked for and then put: the key of both. */
let last: { readonly key: string; readonly folded: Buffer } = { key: '', folded: Buffer.alloc(0) }
function foldedKey(key: string): Buffer {
  if (last.key !== key) last = { key, folded: toBytes(foldKey(key)) }
  return last.folded
}
function toBytes(text: string): Buffer {
  const bytes = Buffer.allocUnsafe(text.length)
  return wroteAscii(bytes, 0, text) ? bytes : Buffer.from(text)
}

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
