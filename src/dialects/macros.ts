/** A macro that the sender did not replace. `style` shows the brackets around `x`. */
export type Macro = { readonly style: string; readonly name: string }

const NAME = '([A-Za-z_][\\w .:?=|-]{0,63}?)'
/** The longer brackets first, since `{{x}}` is also `{` and `}` around something. */
const STYLES: readonly (readonly [string, RegExp])[] = [
  ['{{{x}}}', new RegExp(`^\\{\\{\\{\\s*${NAME}\\s*\\}\\}\\}$`)],
  ['{{x}}', new RegExp(`^\\{\\{\\s*${NAME}\\s*\\}\\}$`)],
  ['{!x!}', new RegExp(`^\\{!${NAME}!\\}$`)],
  [`\${x}`, new RegExp(`^\\$\\{${NAME}\\}$`)],
  ['{x}', new RegExp(`^\\{${NAME}\\}$`)],
  ['[[x]]', new RegExp(`^\\[\\[${NAME}\\]\\]$`)],
  ['[x]', new RegExp(`^\\[${NAME}\\]$`)],
  ['##x##', new RegExp(`^##${NAME}##$`)],
  ['#x#', new RegExp(`^#${NAME}#$`)],
  ['%%x%%', new RegExp(`^%%${NAME}%%$`)],
  ['%x%', new RegExp(`^%${NAME}%$`)],
  ['<x>', new RegExp(`^<${NAME}>$`)],
  ['(x)', new RegExp(`^\\(${NAME}\\)$`)],
  ['--x--', /^--([A-Za-z_][\w.-]{0,63}?)--$/],
]
const PLACEHOLDER = /^[^A-Za-z0-9]{0,3}(REPLACE|REPLACE_?ME|OPTIONAL|INSERT_?HERE)[^A-Za-z0-9]{0,3}$/i
const EMBEDDED: readonly (readonly [string, RegExp])[] = [
  ['{{x}}', /\{\{\s*([A-Za-z_][\w.:-]{0,63})\s*\}\}/],
  [`\${x}`, /\$\{([A-Za-z_][\w.:-]{0,63})\}/],
  ['{x}', /\{!?([A-Za-z_][\w.:-]{0,63})!?\}/],
]
/** Nothing that begins or ends otherwise can be one: most values leave here. */
const EDGE = /[{}[\]#%<>()$-]/

/** The macro that `text` is, in any bracket style, raw or still percent-encoded, or the placeholder of a template
 *  (`REPLACE`, `OPTIONAL`; style `placeholder`). null for every real value. */
export function detectMacro(text: string): Macro | null {
  const value = text.trim()
  if (value.length < 3 || value.length > 90) return null
  if (EDGE.test(value)) {
    for (const candidate of value.includes('%') ? [value, decoded(value)] : [value])
      for (const [style, pattern] of STYLES) {
        const name = pattern.exec(candidate)?.[1]
        if (name === undefined) continue
        if (PLACEHOLDER.test(name)) return { style: 'placeholder', name }
        return { style, name }
      }
  }
  const placeholder = PLACEHOLDER.exec(value)?.[1]
  return placeholder === undefined ? null : { style: 'placeholder', name: placeholder }
}

/** Also a macro in the middle of other text, for ids: `pre-{clickid}`. */
export function detectMacroInId(text: string): Macro | null {
  const whole = detectMacro(text)
  if (whole !== null) return whole
  if (!text.includes('{')) return null
  for (const [style, pattern] of EMBEDDED) {
    const name = pattern.exec(text)?.[1]
    if (name !== undefined) return { style, name }
  }
  return null
}

/** `$<id>`: what is left of `${x}` where the sender replaces `{x}` alone. The rest without its dollar sign; null otherwise. */
export function halfReplaced(text: string): string | null {
  return /^\$[^${[(<#%\s]/.test(text) ? text.slice(1) : null
}

/** Once: a macro that was encoded twice on its way. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
