import type { Json } from '../../dialects/definition.ts'
import { textOf } from '../../dialects/fields.ts'
import type { Finding } from '../../dialects/findings.ts'
import type { ParsedBody } from './body.ts'
import { byName } from './by-name.ts'
import { type Pairs, REFUSED_NAMES } from './params.ts'

const PARAMS_MAX = 512
const VALUE_MAX_BYTES = 8_192
const NAME_MAX = 128
/** Ours in any case of letters, and never part of the conversion. */
const CONTROL: ReadonlySet<string> = new Set(['key', 'return'])

/** `name`: the same text each time, which is found faster than another one of the same letters. */
const named = byName((name) => ({ name, isOurs: isControl(name), isRefused: REFUSED_NAMES.has(name) }))
export const isControl = (name: string): boolean => CONTROL.has(name.trim().toLowerCase())

export type Collected = {
  /** What is read: body before query, the last of duplicates. */
  readonly params: ReadonlyMap<string, Json>
  /** What was overruled, under `query.<name>` and `<name>#<n>`: kept, never read. */
  readonly overruled: ReadonlyMap<string, string>
  readonly replyForm: string | null
  readonly findings: readonly Finding[]
}

const NOTHING: ReadonlyMap<string, string> = new Map()
const INVALID_UTF8: Finding = {
  code: 'invalid_utf8',
  param: '',
  message: 'Some bytes are no UTF-8; U+FFFD stands in their place.',
  fix: 'Send UTF-8, percent-encoded in a query.',
  sent: '',
  isError: true,
}

/** What the text of a JSON object tells beyond its values. */
export function findingsOf(object: {
  readonly invalidUtf8: boolean
  readonly duplicateKeys: boolean
  readonly refusedNames: readonly string[]
}): Finding[] {
  const findings: Finding[] = []
  if (object.duplicateKeys)
    findings.push({
      code: 'parameter_repeated',
      param: '',
      message: 'A key occurs more than once in one object; the last one was read.',
      fix: 'Send each key once.',
      sent: '',
      isError: false,
    })
  for (const name of new Set(object.refusedNames)) findings.push(refusedName(name))
  if (object.invalidUtf8) findings.push(INVALID_UTF8)
  return findings
}

const refusedName = (name: string): Finding => ({
  code: 'parameter_refused',
  param: name,
  message: `${name} is no name a parameter may have.`,
  fix: 'Choose another name.',
  sent: '',
  isError: true,
})

/** One list of parameters out of query and body, within the bounds. */
export function collect(query: Pairs, body: ParsedBody): Collected {
  const params = new Map<string, Json>()
  let overruled: Map<string, string> | undefined
  const findings: Finding[] = []
  const find = (code: string, param: string, message: string, fix: string, isError: boolean): void => {
    findings.push({ code, param, message, fix, sent: '', isError })
  }
  let replyForm: string | null = null
  let tooMany = false
  /** Only a body can overrule them. */
  const fromQuery = body.kind === 'none' || query.pairs.length === 0 ? undefined : new Set<string>()

  const put = (rawName: string, rawValue: Json, fromBody: boolean): void => {
    const { name, isOurs, isRefused } = named(rawName.length > NAME_MAX ? rawName.slice(0, NAME_MAX) : rawName)
    if (isOurs) {
      if (name === 'return' && typeof rawValue === 'string') replyForm = rawValue
      return
    }
    if (isRefused) {
      findings.push(refusedName(name))
      return
    }
    const value = bounded(name, rawValue)
    const earlier = params.get(name)
    if (earlier === undefined && params.size >= PARAMS_MAX) {
      tooMany = true
      return
    }
    if (earlier !== undefined) {
      const beaten = textOf(earlier)
      const isSame = beaten === textOf(value)
      overruled ??= new Map()
      if (fromBody && fromQuery?.has(name) === true) {
        overruled.set(`query.${name}`, beaten)
        if (!isSame)
          find('parameter_ambiguous', name, `${name} is in the query and in the body; the body was read.`, `Send ${name} once.`, false)
      } else {
        overruled.set(`${name}#${overruled.size + 1}`, beaten)
        find('parameter_repeated', name, `${name} came more than once; the last one was read.`, `Send ${name} once.`, false)
      }
    }
    params.set(name, value)
    if (fromBody) fromQuery?.delete(name)
    else fromQuery?.add(name)
  }
  const bounded = (name: string, value: Json): Json => {
    if (typeof value === 'object' && value !== null) return boundedInside(name, value)
    if (typeof value !== 'string' || value.length * 3 <= VALUE_MAX_BYTES || Buffer.byteLength(value) <= VALUE_MAX_BYTES) return value
    find('value_too_long', name, `${name} is longer than 8 kB and was cut.`, 'Send at most 8 kB in one value.', true)
    return Buffer.from(value)
      .subarray(0, VALUE_MAX_BYTES)
      .toString()
      .replace(/\ufffd$/, '')
  }

  /** The texts of an object or a list, at every depth: it nests 32 levels at most. */
  const boundedInside = (name: string, value: Exclude<Json, string | number | boolean | null>): Json =>
    Array.isArray(value)
      ? value.map((entry: Json) => bounded(name, entry))
      : Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, bounded(name, entry)]))

  for (const [name, value] of query.pairs) put(name, value, false)
  if (body.kind === 'pairs') for (const [name, value] of body.pairs) put(name, value, true)
  if (body.kind === 'object') {
    for (const [name, value] of Object.entries(body.object)) put(name, value, true)
    findings.push(...findingsOf(body))
  }
  if (tooMany)
    find('too_many_parameters', '', `More than ${PARAMS_MAX} parameters came; the rest was left out.`, `Send at most ${PARAMS_MAX}.`, true)
  if ((query.invalidUtf8 || (body.kind === 'pairs' && body.invalidUtf8)) && !findings.some((one) => one.code === INVALID_UTF8.code))
    findings.push(INVALID_UTF8)
  return { params, overruled: overruled ?? NOTHING, replyForm, findings }
}
