import type { z } from 'zod'
import type { ProblemCode } from '../answer.ts'

/** Who may call: a key of a source in the URL, an API key, the operator's key, a browser's session, or anybody. */
export const ACCESS = ['nobody asks', 'source key', 'click key', 'api key', 'operator key', 'session'] as const
export type Access = (typeof ACCESS)[number]

/** One request that is sent as it stands here and gets this answer; a test sends every one of them. */
export type Example = {
  readonly summary: string
  /** Of the path and the query. What stands in `{braces}` depends on the workspace: see `PLACES`. */
  readonly params?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  /** JSON and forms as a value, every other media type as its text. */
  readonly body?: unknown
  /** Of the body; absent: JSON. */
  readonly type?: string
  readonly status: number
  /** What comes back, as far as it is the same each time. */
  readonly answer?: unknown
}

export type Reply = {
  readonly description: string
  /** Absent: no body. */
  readonly type?: string
  readonly schema?: z.ZodType
  /** Further media types that it may have instead. */
  readonly also?: readonly string[]
}

export type Operation = {
  readonly id: string
  readonly method: 'get' | 'post' | 'patch' | 'delete'
  /** Places in braces. */
  readonly path: string
  readonly tag: string
  readonly summary: string
  readonly description?: string
  readonly access: Access
  /** Query parameters, one per property; described where the name does not say it. */
  readonly query?: z.ZodObject
  /** Headers that mean something, one per property. */
  readonly headers?: z.ZodObject
  /** What a place of the path holds. */
  readonly places?: Readonly<Record<string, string>>
  /** By media type. */
  readonly body?: Readonly<Record<string, z.ZodType>>
  readonly replies: Readonly<Record<number, Reply>>
  /** Beside those that every operation of its access has. */
  readonly problems?: readonly (ProblemCode | 'conflict' | 'rate_limited')[]
  readonly examples: Readonly<Record<string, Example>>
}

export const JSON_TYPE = 'application/json'
