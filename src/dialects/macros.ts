/** A macro that the sender did not replace. `style` shows the brackets around `x`. */
export type Macro = { readonly style: string; readonly name: string }

/** Every bracket style read in documents, the longer brackets first: `{{x}}` is also `{` and `}` around something. */
const BRACKETS: readonly (readonly [string, string])[] = [
  ['{{{', '}}}'],
  ['{{', '}}'],
  ['{!', '!}'], // CPV Lab
  [`\${`, '}'], // PropellerAds
  ['{', '}'],
  ['[[[', ']]]'], // Admitad
  ['[[', ']]'],
  ['[=', '=]'], // LinkTrust
  ['[', ']'],
  ['##', '##'],
  ['#', '#'], // CAKE
  ['%%', '%%'],
  ['%', '%'],
  ['<', '>'],
  ['(', ')'], // AppsFlyer
  ['--', '--'], // AnyTrack
  ['__', '__'], // TikTok; in ids alone, since Singular calls its events so (`__START__`)
]
const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** `{status:lead=0 sale=1}` and `{_date:Y-m-d,Europe/Kyiv}` are macros too, `{"a":1}` and `[12]` are values. */
const STYLES = BRACKETS.map(([open, close]) => {
  const isBrace = open.includes('{')
  const name = `\\s*([A-Za-z_][\\w .:?=|${isBrace ? ',;/+@' : ''}-]{0,63}?)\\s*`
  const inner = `\\s*([A-Za-z_][\\w.:?=|-]{0,63}?)\\s*`
  return {
    style: `${open}x${close}`,
    isBrace,
    isForIds: open === '__',
    whole: new RegExp(`^${escaped(open)}${name}${escaped(close)}$`),
    inside: new RegExp(`${escaped(open)}${inner}${escaped(close)}`, 'g'),
  }
})
/** Letters and digits with single marks between them, as most values are: no bracket of any style, and nothing encoded. */
const PLAIN = /^[A-Za-z0-9]+(?:[._:-][A-Za-z0-9]+)*$/
/** What a value must begin with, and what it must hold, to be looked at closer. */
const OPENS = /^[{[#%<($-]/
const HOLDS = /[{[#%<(]|--|__/

const MACRO_MIN = 3
const MACRO_MAX = 200
const PLACEHOLDER =
  /^[^A-Za-z0-9]{0,3}(REPLACE(?:_?ME|_OR_REMOVE|_THIS)?|OPTIONAL|INSERT_?HERE|your[_-][a-z0-9_-]{2,40}|x{4,})[^A-Za-z0-9]{0,3}$/i
/** Names that stand in documents where a value should be; a value is never spelled so. */
const NAME_FOR_VALUE =
  /^(?:CLICK[_-]?ID|SUB_?ID\d?|AFF_SUB\d?|EXTERNAL_?ID|VISITOR_ID|TRANSACTION_?ID|ORDER_?ID|PAYOUT|REVENUE|AMOUNT|CURRENCY|EVENT_?NAME|GOAL_?ID)$/
const EMPTY = /^(?:\{\}|\{\{\}\}|\$\{\}|\[\]|<>|\(\)|##|%%)$/
/** Words of web analytics that only look like a macro. */
const LITERAL = /^\((?:direct|none|not set|not provided|organic|referral|other|unknown)\)$/i
/** In the middle of an opaque id only a name that macros have is one: `ab--cd--ef` is an id. */
const MACRO_NAME =
  /click|sub_?(?:id|acc)?_?\d|sub_?id|aff_?sub|external|visitor|trans(?:action)?_?id|tx_?id|order_?id|conv(?:ersion)?_?id|payout|revenue|amount|commission|currency|^[spt]\d{1,2}$|^(?:cid|sid|tid|uid|sum|price)$/i

/** The macro that `text` is, in any bracket style, raw or still percent-encoded, or the placeholder of a template
 *  (`REPLACE`, `CLICK_ID`; style `placeholder`). null for every real value. */
export const detectMacro = unlessPlain((text) => bracketed(text.trim()))

/** Also a macro in the middle of other text, for ids: `pre-{clickid}`, `pre-%23s2%23`; and brackets around nothing. */
export const detectMacroInId = unlessPlain((text) => detectWithin(text, false))

/** The same for words and numbers, where only braces inside of other text are surely a macro: `Lead (click)` is a word. */
export const detectMacroInWord = unlessPlain((text) => detectWithin(text, true))

/** Of a plain text only a placeholder is looked for. */
function unlessPlain(look: (text: string) => Macro | null): (text: string) => Macro | null {
  return (text) => (PLAIN.test(text) ? placeholderIn(text) : look(text))
}

const detectWithin = (text: string, bracesOnly: boolean): Macro | null =>
  bracketed(text.trim()) ?? emptyBrackets(text) ?? macroInside(text, bracesOnly)

function bracketed(value: string): Macro | null {
  if (value.length >= MACRO_MIN && value.length <= MACRO_MAX && OPENS.test(value)) {
    for (const spelling of spellings(value))
      for (const { style, isForIds, whole } of STYLES) {
        if (isForIds) continue
        const name = whole.exec(spelling)?.[1]
        if (name === undefined) continue
        if (LITERAL.test(spelling)) return null
        return PLACEHOLDER.test(name) ? placeholder(name) : { style, name }
      }
  }
  return placeholderIn(value)
}

function placeholderIn(value: string): Macro | null {
  if (value.length < MACRO_MIN || value.length > MACRO_MAX) return null
  const word = PLACEHOLDER.exec(value)?.[1] ?? NAME_FOR_VALUE.exec(value)?.[0]
  return word === undefined ? null : placeholder(word)
}

function macroInside(text: string, bracesOnly: boolean): Macro | null {
  if (text.length > 2_048 || !HOLDS.test(text)) return null
  for (const spelling of spellings(text))
    for (const { style, isBrace, inside } of STYLES) {
      if (bracesOnly && !isBrace) continue
      for (const [, name = ''] of spelling.matchAll(inside)) if (isBrace || MACRO_NAME.test(name)) return { style, name }
    }
  return null
}

/** `$<id>`: what is left of `${x}` where the sender replaces `{x}` alone. The rest without its dollar sign, which is empty
 *  where nothing was put in; null for every other text. */
export function halfReplaced(text: string): string | null {
  const rest = /^(?:\$|%24)([^${[(<#\s][\s\S]*)?$/.exec(text.trimStart())
  if (rest === null) return null
  const value = rest[1] ?? ''
  return value.startsWith('%') ? null : value
}

const placeholder = (name: string): Macro => ({ style: 'placeholder', name })
const emptyBrackets = (text: string): Macro | null => (EMPTY.test(text.trim()) ? placeholder(text.trim()) : null)

/** As it came, and as it was before it was percent-encoded once or twice too often. */
function spellings(text: string): readonly string[] {
  const found = [text]
  for (let last = text; last.includes('%') && found.length < 3; ) {
    const next = last.replace(/%([2-7][0-9a-f])/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    if (next === last) break
    found.push(next)
    last = next
  }
  return found
}
