import type { Beliefs } from './beliefs.ts'
import type { Script } from './script.ts'

export type TwinRequest = {
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
  /** The body, when it is JSON. */
  readonly json: unknown
}

/** `body`: text goes as it is, all else as JSON. */
export type TwinReply = { readonly status: number; readonly body: unknown; readonly headers?: Readonly<Record<string, string>> }

/** A stand-in for one ad platform. Its rules come from the platform's documents and share nothing with the code that forwards,
 *  so that neither can hide a mistake of the other. */
export type Twin = {
  readonly name: 'meta' | 'google' | 'tiktok'
  readonly beliefs: Beliefs
  handle(request: TwinRequest, nowMs: number): TwinReply
  /** The answer past its rate. */
  tooMany(): TwinReply
  /** Paths that a script's replies leave alone. */
  readonly unscripted: readonly string[]
  rehearse(script: Script): void
}

export type Json = Readonly<Record<string, unknown>>
export const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)
export const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''
export const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)

const SHA256_HEX = /^[0-9a-f]{64}$/
/** A hash, or a list of them. */
export const isHashed = (value: unknown): boolean =>
  Array.isArray(value) ? value.length > 0 && value.every((one) => isHashed(one)) : typeof value === 'string' && SHA256_HEX.test(value)
