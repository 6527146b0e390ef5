import type { z } from 'zod'
import type { Conversion } from '../events/conversion.ts'
import type { BlockedWhy, ExpiredWhy, FailedWhy, RetryWhy, SuppressedWhy } from '../events/stages.ts'
import type { PlatformId } from '../events/words.ts'

/** A JSON object: one event in the platform's own words. */
export type PlatformEvent = Readonly<Record<string, unknown>>

/** A destination as a definition sees it: settings validated, credentials opened, hosts chosen. */
export type Target<Settings = unknown, Credentials = unknown> = {
  readonly settings: Settings
  readonly credentials: Credentials
  /** Our event -> the platform's name; null: not sent. Absent: the definition's own map. */
  readonly eventMap: Readonly<Record<string, string | null>>
  readonly testCode: string | null
  /** Base URLs without a trailing slash, by the names of `hosts`: the platform's, or the twin's for a sandbox destination. */
  readonly hosts: Readonly<Record<string, string>>
  /** Present after `authorize` succeeded, for platforms that have it. */
  readonly accessToken?: string
}

export type Prepared =
  | { readonly kind: 'event'; readonly event: PlatformEvent }
  | { readonly kind: 'suppressed'; readonly why: SuppressedWhy }
  | { readonly kind: 'failed'; readonly why: FailedWhy; readonly detail: string }
  | { readonly kind: 'expired'; readonly why: ExpiredWhy; readonly detail: string }

export type HttpRequest = {
  readonly method: 'GET' | 'POST'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** Sent as it is; undefined for GET. */
  readonly body?: string
}

/** `status` and `body` as they came; an answer that never came is the engine's matter. */
export type HttpReply = { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: string }

/** What an answer means for the whole batch it answers. */
export type Verdict =
  | { readonly kind: 'accepted'; readonly traceId: string | null }
  | { readonly kind: 'retry'; readonly why: RetryWhy; readonly afterMs?: number; readonly traceId: string | null }
  | { readonly kind: 'throttled'; readonly afterMs?: number; readonly traceId: string | null }
  /** At least one event is bad; the engine splits the batch until the bad one is alone. */
  | { readonly kind: 'refused'; readonly why: FailedWhy | ExpiredWhy; readonly traceId: string | null }
  /** The destination itself is at fault; nothing was wrong with the events. */
  | { readonly kind: 'blocked'; readonly why: BlockedWhy; readonly traceId: string | null }

export type Limits = {
  readonly batchMax: number
  readonly batchMaxBytes: number
  readonly timeoutMs: number
  /** Hours a click must be old before the platform takes its conversion. */
  readonly minClickAgeHours: number
}

/** How we speak to one ad platform; pure. `prepare` decides about one event before any request, `request` forms the call for
 *  a batch, `verdict` reads the answer, body first. */
export type PlatformDefinition<Settings = unknown, Credentials = unknown> = {
  /** Also topic suffix, configuration value and ClickHouse value: it never changes. */
  readonly id: PlatformId
  readonly name: string
  readonly docs: string
  readonly hosts: Readonly<Record<string, string>>
  readonly settings: z.ZodType<Settings>
  readonly credentials: z.ZodType<Credentials>
  readonly limits: Limits
  /** Our event -> the platform's name, where the destination's own map says nothing. `Custom_*` is the definition's matter. */
  readonly eventNames: Readonly<Record<string, string>>
  prepare(conversion: Conversion, target: Target<Settings, Credentials>, nowMs: number): Prepared
  request(events: readonly PlatformEvent[], target: Target<Settings, Credentials>): HttpRequest
  verdict(reply: HttpReply, sent: number): Verdict
  /** Where a short-lived token must be fetched first. */
  readonly authorize?: {
    request(target: Target<Settings, Credentials>): HttpRequest
    read(reply: HttpReply): { readonly kind: 'token'; readonly accessToken: string; readonly expiresInMs: number } | Verdict
  }
  /** Texts of the target that must never be seen: in a URL, a log, an attempt. */
  secrets(target: Target<Settings, Credentials>): readonly string[]
  readonly examples: readonly PlatformExample<Settings, Credentials>[]
}

/** A conversion and the exact body it becomes, or the decision it meets. One suite runs every example of every platform. */
export type PlatformExample<Settings, Credentials> = {
  readonly name: string
  readonly conversion: Conversion
  readonly target: Target<Settings, Credentials>
  readonly nowMs: number
  readonly prepared: Prepared
}

/** Ties the types of settings and credentials together, then forgets them for the registry. */
export const definePlatform = <Settings, Credentials>(definition: PlatformDefinition<Settings, Credentials>): PlatformDefinition =>
  definition as unknown as PlatformDefinition // the engine validates with `settings` and `credentials` before any other call
