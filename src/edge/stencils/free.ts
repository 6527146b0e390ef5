import { isControl } from '../../api/read/collect.ts'
import { isNobodys } from '../../api/read/private.ts'
import { type Field, type Json, type SourceRules, SUBS } from '../../dialects/definition.ts'
import { EXACT } from '../../dialects/fields.ts'
import { DIALECTS } from '../../dialects/index.ts'
import { detectMacroInId } from '../../dialects/macros.ts'
import { isPlainDecimal } from '../../dialects/numbers.ts'

/** In which way a parameter may be another in the next request, and be read in the same way all the same. */
export type Freedom = {
  readonly kind: 'id' | 'amount' | 'number'
  /** A text of this kind made of a mark of 32 hexadecimal digits, so that no other has it. In the second turn it is longer or shorter. */
  sample(mark: string, index: number, turn: 0 | 1): string
  /** Such a text as it comes. */
  valueOf(text: string): Json
}

/** A longer one is read at length. */
export const FREE_MAX = 64
/** Letters and digits with single marks between them, and a digit somewhere: no word, no blank, nothing encoded. */
const ID = /^(?=[^0-9]*[0-9])[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*$/

const sampleId: Freedom['sample'] = (mark, index, turn) =>
  turn === 0 ? `f1${mark.slice(0, 14)}${index}` : `F9-${mark.toUpperCase()}-${index}`
function sampleAmount(mark: string, _index: number, turn: 0 | 1): string {
  const whole = 10 ** 8 + Number.parseInt(mark.slice(0, 7), 16)
  return turn === 0 ? `${whole}.${(Number.parseInt(mark.slice(7, 9), 16) % 9) + 1}` : `1${whole}`
}
const ids: Freedom = { kind: 'id', sample: sampleId, valueOf: (text) => text }
const amounts: Freedom = { kind: 'amount', sample: sampleAmount, valueOf: (text) => text }
const numbers: Freedom = { kind: 'number', sample: sampleAmount, valueOf: Number }

const FREE: ReadonlySet<Field> = new Set([...EXACT, ...SUBS])

/** null: what stands there is part of what is repeated. */
export function freedomOf(name: string, value: Json, rules: SourceRules, dialectId: string): Freedom | null {
  const dialect = DIALECTS.find(({ id }) => id === dialectId)
  if (dialect === undefined || isControl(name)) return null
  const word = name.toLowerCase()
  const field = dialect.byParam.get(word)?.field
  if (field === 'value') {
    const isPoint = typeof value === 'number' || (rules.decimal ?? dialect.decimal) === '.'
    const kind = typeof value === 'number' ? numbers : amounts
    return isPoint && dialect.hundredths?.includes(word) !== true && isFree(kind, value) ? kind : null
  }
  // What lists words for a meaning is no field, and is read.
  const isFreeField = field === undefined ? !Object.hasOwn(dialect.wordLists, word) : FREE.has(field)
  return isFreeField && isFree(ids, value) ? ids : null
}

export function isFree({ kind }: Freedom, value: Json): boolean {
  if (kind === 'number') return typeof value === 'number' && isPlainDecimal(String(value))
  if (typeof value !== 'string') return false
  if (kind === 'amount') return isPlainDecimal(value)
  return value.length <= FREE_MAX && ID.test(value) && isNobodys(value) && detectMacroInId(value) === null
}
