import type { Dialect, Field, Json, Params } from './definition.ts'
import { detectMacro, detectMacroInId, detectMacroInWord, type Macro } from './macros.ts'

/** A parameter that was read as a field, under the sender's own name for it. */
export type Picked = {
  readonly param: string
  readonly value: Json
  readonly text: string
  readonly macro: Macro | null
  /** How sure its name is, and whether it holds a value: the lower the better. */
  readonly rank: number
}

export type PickedFields = {
  readonly fields: ReadonlyMap<Field, Picked>
  /** What no dialect reads, and what lost against a surer name of the same field. */
  readonly unread: ReadonlyMap<string, Json>
  /** Fields that came under two names with two values. */
  readonly rivals: readonly { readonly field: Field; readonly param: string; readonly lost: string }[]
}

const NO_VALUE = 10_000
const NOTHING: ReadonlyMap<string, Json> = new Map()
/** Ids that are kept byte for byte, blanks at their ends too. */
export const EXACT: ReadonlySet<Field> = new Set([
  'click_id',
  'transaction_id',
  'event_id',
  'fbclid',
  'fbc',
  'fbp',
  'gclid',
  'gbraid',
  'wbraid',
  'ttclid',
  'ttp',
])
const IDS: ReadonlySet<Field> = new Set([...EXACT, 'madid'])
const WORDS: ReadonlySet<Field> = new Set(['event', 'status', 'value', 'currency'])

/** Parameters by canonical field. Of several names of one field the surest that holds a value is read. */
export function pickFields(params: Params, dialect: Dialect): PickedFields {
  const fields = new Map<Field, Picked>()
  let unread: Map<string, Json> | undefined
  const leave = (param: string, value: Json): void => {
    unread ??= new Map()
    unread.set(param, value)
  }
  const rivals: { field: Field; param: string; lost: string }[] = []
  const named = namesFor(params, dialect)
  // Not by for-of, which makes a list of every pair.
  params.forEach((value, param) => {
    if (value === null) return // JSON's way to say nothing
    const alias = named(param.toLowerCase())
    // Under a further name an object is no id: `order` is one in the JSON of shops.
    if (alias === undefined || (typeof value === 'object' && alias.rank > 0 && IDS.has(alias.field))) {
      leave(param, value)
      return
    }
    const { field } = alias
    const picked = pick(alias, param, value)
    const rival = fields.get(field)
    const [winner, loser] = rival === undefined || picked.rank < rival.rank ? [picked, rival] : [rival, picked]
    fields.set(field, winner)
    if (loser === undefined) return
    leave(loser.param, loser.value)
    if (loser.rank < NO_VALUE && loser.text !== winner.text) rivals.push({ field, param: winner.param, lost: loser.param })
  })
  return { fields, unread: unread ?? NOTHING, rivals }
}

type Alias = { readonly field: Field; readonly rank: number }

/** The dialect's names, with its other parameter for the click id where no surer one is there. */
function namesFor(params: Params, { byParam, clickIdElse }: Dialect): (name: string) => Alias | undefined {
  /** Asked of who sends that parameter alone, and once: it may come in many spellings. */
  let needed: boolean | undefined
  const isNeeded = (): boolean => {
    needed ??= !params.keys().some((param) => byParam.get(param.toLowerCase())?.field === 'click_id')
    return needed
  }
  return (name) => (name === clickIdElse && isNeeded() ? { field: 'click_id', rank: 0 } : byParam.get(name))
}

function pick({ field, rank }: Alias, param: string, value: Json): Picked {
  const text = textOf(value)
  const macro = typeof value === 'string' ? macroOf(field, text) : null
  return { param, value, text, macro, rank: rank + (macro !== null || text.trim() === '' ? NO_VALUE : 0) }
}

const macroOf = (field: Field, text: string): Macro | null =>
  IDS.has(field) ? detectMacroInId(text) : WORDS.has(field) ? detectMacroInWord(text) : detectMacro(text)

/** null as nothing; objects and lists as JSON. */
export const textOf = (value: Json): string =>
  typeof value === 'string' ? value : value === null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value)
