/** What stands before the `@` of an address, and after it. Looked for from each `@`, since an expression that begins at every
 *  character takes seconds of a text made for it. */
const AT = /@|%40/g
const LOCAL = /[^\s"'<>@=&?,;:/]{1,64}$/
const LOCAL_MAX = 64
const DOMAIN = /[^\s"'<>@=&?,;:/]{1,190}\.[A-Za-z]{2,24}/y
/** A key of a source (`workspaces/source-key.ts`), its names looked for from the version on. */
const KEY_END = /\.\d{1,9}\.\w{1,16}\.[\w-]{22}/g
const KEY_NAMES = /[a-z0-9_]{2,40}-[a-z0-9_]{2,40}$/
const KEY_NAMES_MAX = 81
/** An API key, the operator's, and what a backend signs with: each has a prefix by which it is known. */
const TOKEN = /(?:pb_live_|pb_op_|whsec_)(?:[\w+/=-]|%2B|%2F|%3D){20,}/gi

/** Every address in a text replaced. */
export const withoutAddresses = (text: string, by: string): string =>
  replaced(text, AT, (at, sign, from) => {
    const local = LOCAL.exec(text.slice(Math.max(from, at - LOCAL_MAX), at))?.[0]
    if (local === undefined) return null
    DOMAIN.lastIndex = at + sign.length
    const domain = DOMAIN.exec(text)?.[0]
    return domain === undefined ? null : { start: at - local.length, end: at + sign.length + domain.length, by }
  })

/** Every key of a source, API key and signing secret in a text replaced; its last four characters stay, by which its owner knows it. */
export const withoutKeys = (text: string): string =>
  withoutSourceKeys(text.includes('_') ? text.replaceAll(TOKEN, (token) => `[key ...${token.slice(-4)}]`) : text)

const withoutSourceKeys = (text: string): string =>
  replaced(text, KEY_END, (at, end, from) => {
    const names = KEY_NAMES.exec(text.slice(Math.max(from, at - KEY_NAMES_MAX), at))?.[0]
    return names === undefined ? null : { start: at - names.length, end: at + end.length, by: `[key ...${end.slice(-4)}]` }
  })

type Found = { readonly start: number; readonly end: number; readonly by: string }

/** `look` is asked at each match behind what was replaced, which ends at `from`. */
function replaced(text: string, pattern: RegExp, look: (at: number, match: string, from: number) => Found | null): string {
  let kept = ''
  let from = 0
  for (const { index, 0: match } of text.matchAll(pattern)) {
    const found = index < from ? null : look(index, match, from)
    if (found === null) continue
    kept += text.slice(from, found.start) + found.by
    from = found.end
  }
  return from === 0 ? text : kept + text.slice(from)
}
