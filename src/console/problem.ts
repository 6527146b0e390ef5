import { type ProblemCode, problemBody } from '../api/answer.ts'

/** What is wrong with one field: what was sent (never a secret), and what would be right. */
export type WrongField = { readonly param: string; readonly sent: string; readonly expected: string }

/** Codes that only the console answers with. */
const OWN = {
  conflict: [409, 'It was changed by somebody else meanwhile. Read it again and repeat the change.'],
  rate_limited: [429, 'Too many requests. Wait as long as Retry-After says.'],
} as const
export type RefusalCode = ProblemCode | keyof typeof OWN

/** Thrown by a route; the app turns it into an RFC 9457 problem. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly code: RefusalCode
  readonly headers: Readonly<Record<string, string>>
  readonly body: Record<string, unknown>

  /** `detail` replaces the sentence of the code. */
  constructor(
    code: RefusalCode,
    detail?: string,
    more: Readonly<Record<string, unknown>> = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(code)
    this.code = code
    this.headers = headers
    this.body = { ...bodyOf(code), ...(detail !== undefined && { detail }), ...more }
  }

  get status(): number {
    return this.body.status as number // bodyOf sets it
  }
}

export const invalid = (errors: readonly WrongField[]): Refusal => new Refusal('validation_failed', undefined, { errors })

function bodyOf(code: RefusalCode): Record<string, unknown> {
  if (code !== 'conflict' && code !== 'rate_limited') return problemBody(code)
  const [status, detail] = OWN[code]
  return { type: `urn:postback:problem:${code}`, title: code.replaceAll('_', ' '), status, code, detail }
}
