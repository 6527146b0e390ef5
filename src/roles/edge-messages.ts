import type { Heard, Told } from '../edge/limits/exchange.ts'
import type { Readiness } from '../observe/admin.ts'

/** What the process that started the others and those that serve the port say to each other. */
export type ToWorker =
  | { readonly kind: 'ask'; readonly id: number }
  | { readonly kind: 'heard'; readonly id: number; readonly heard: readonly Heard[] }
/** And what they say to it. `metrics`: as prom-client's registry gives them. */
export type ToPrimary =
  | { readonly kind: 'state'; readonly id: number; readonly readiness: Readiness; readonly metrics: readonly object[] }
  | { readonly kind: 'tell'; readonly id: number; readonly now: number; readonly told: readonly Told[] }
