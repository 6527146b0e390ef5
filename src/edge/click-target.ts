import { parsePairs } from '../api/read/params.ts'

/** Parameters of an ad URL that go on to the landing page as they came, byte for byte. */
const PASSED = /^(?:fbclid|gclid|gbraid|wbraid|ttclid|utm_[a-z0-9_]{1,40})$/
const PLATFORM_ID = /^(?:fbclid|fbc|fbp|gclid|gbraid|wbraid|ttclid|ttp)$/
const CLICK_PARAM = /^[A-Za-z0-9_.-]{1,64}$/
/** Browsers read a backslash as a slash and drop control characters, so a check of the text would be one of another URL. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not come through
const TREACHEROUS = /[\u0000-\u001f\u007f\\]/

export type Redirect = {
  /** Decoded once; null when `to` is missing or there are two. */
  readonly to: string | null
  readonly clickParam: string
  /** `name=value` as they came. */
  readonly passed: readonly { readonly name: string; readonly raw: string }[]
  /** Every parameter, decoded once, the last of duplicates. */
  readonly values: ReadonlyMap<string, string>
}

export function readRedirect(query: string): Redirect {
  const segments = query.split('&').filter((segment) => segment !== '')
  const { pairs } = parsePairs(query)
  const values = new Map(pairs)
  // A plus sign in a platform's id is one: no id has blanks.
  for (const [index, [name]] of pairs.entries())
    if (PLATFORM_ID.test(name)) values.set(name, parsePairs((segments[index] ?? '').replaceAll('+', '%2B')).pairs[0]?.[1] ?? '')
  const targets = pairs.filter(([name]) => name === 'to')
  const clickParam = values.get('click_param') ?? ''
  return {
    to: targets.length === 1 ? (targets[0]?.[1] ?? null) : null,
    clickParam: CLICK_PARAM.test(clickParam) ? clickParam : 'click_id',
    passed: pairs.flatMap(([name], index) => (PASSED.test(name) ? [{ name, raw: segments[index] ?? '' }] : [])),
    values,
  }
}

/** Where the visitor goes: `{click_id}` in `to` replaced, else the id appended; platform ids and utm appended unless the target
 *  has them. null unless it is one https URL on exactly one of `hosts`, default port, no user. */
export function locate({ to, clickParam, passed }: Redirect, clickId: string, hosts: readonly string[]): string | null {
  if (to === null || TREACHEROUS.test(to)) return null
  const hasPlace = to.includes('{click_id}')
  const url = URL.parse(to.trim().replaceAll('{click_id}', encodeURIComponent(clickId)))
  if (url === null || url.protocol !== 'https:' || url.port !== '' || url.username !== '' || url.password !== '') return null
  if (!hosts.some((host) => host.toLowerCase() === url.hostname)) return null
  const added = passed.filter(({ name }) => !url.searchParams.has(name)).map(({ raw }) => raw)
  if (!hasPlace) added.push(`${clickParam}=${encodeURIComponent(clickId)}`)
  if (added.length === 0) return url.href
  const { hash } = url
  url.hash = ''
  const base = url.href.replace(/[?&]$/, '')
  return `${base}${base.includes('?') ? '&' : '?'}${added.join('&')}${hash}`
}
