import type { Finding } from '../dialects/findings.ts'

/** What goes back, before any framework sees it. `body` null: none. */
export type Answer = {
  readonly status: number
  readonly type: string
  readonly body: string | Buffer | null
  readonly headers?: Readonly<Record<string, string>>
}

export const json = (status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status,
  type: 'application/json; charset=utf-8',
  body: JSON.stringify(value),
  headers,
})
export const text = (status: number, body: string, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status,
  type: 'text/plain; charset=utf-8',
  body,
  headers,
})

/** Every code of a problem, its HTTP status and its sentence. */
const PROBLEMS = {
  https_required: [403, 'This address answers over HTTPS only. Change http:// to https:// at the sender; this request was not processed.'],
  key_unknown: [404, 'No source has this key. Copy the URL from the config page again.'],
  overloaded: [503, 'The request could not be stored in time. Send it again; it counts once.'],
  rate_limited: [429, 'Too many requests. Send again after Retry-After.'],
  ip_not_allowed: [403, 'The workspace takes postbacks from its allowlist only, and this address is not in it.'],
  spool_full: [503, 'The queue is away and the disk that stands in for it is full. Send it again later; it counts once.'],
  body_too_large: [413, 'The body is larger than this route takes.'],
  invalid_json: [400, 'The body could not be read.'],
  validation_failed: [422, 'Some fields are not right; errors says which.'],
  target_not_allowed: [400, 'The redirect target is not one https URL on a host of the settings of the workspace.'],
  unauthorized: [401, 'Send an API key as Authorization: Bearer <key>.'],
  forbidden: [403, 'The role of this API key does not allow it.'],
  not_found: [404, 'There is nothing at this address.'],
  method_not_allowed: [405, 'This address does not answer to this method; Allow lists those it does.'],
} as const
export type ProblemCode = keyof typeof PROBLEMS

export type FieldError = {
  readonly param: string
  readonly code: string
  readonly sent: string
  readonly expected: string
  readonly message: string
}

export const fieldErrors = (findings: readonly Finding[]): FieldError[] =>
  findings.map(({ param, code, sent, fix, message }) => ({ param, code, sent, expected: fix, message }))

/** What is wrong with a body as a whole. */
export const bodyError = (code: string, message: string, expected: string, sent = ''): FieldError => ({
  param: '',
  code,
  sent,
  expected,
  message,
})

/** The members of an RFC 9457 problem. */
export function problemBody(code: ProblemCode, more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const [status, detail] = PROBLEMS[code]
  return { type: `urn:postback:problem:${code}`, title: code.replaceAll('_', ' '), status, code, detail, ...more }
}

export function problem(
  code: ProblemCode,
  more: Readonly<Record<string, unknown>> = {},
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return {
    status: PROBLEMS[code][0],
    type: 'application/problem+json; charset=utf-8',
    body: JSON.stringify(problemBody(code, more)),
    headers,
  }
}

export const overloaded = (): Answer => problem('overloaded', {}, { 'retry-after': '1' })
export const spoolFull = (): Answer => problem('spool_full', {}, { 'retry-after': '30' })
