/** One conversion a sender has to tell us of. */
export type Conversion = {
  readonly n: number
  /** The id our click was given. Each conversion has a click of its own, so that the id names it in every dialect. */
  readonly clickId: string
  readonly transactionId: string
  /** Decimal US dollars. */
  readonly value: string
  /** Epoch ms. */
  readonly atMs: number
}

export type Call = {
  readonly method: 'GET' | 'POST'
  /** Added to the query of the source's address. */
  readonly params: readonly (readonly [string, string])[]
  readonly body: { readonly type: string; readonly text: string } | null
}

/** One attempt as its sender sees it. `late`: no whole answer within the sender's time-out. `broken`: no connection, or it broke. */
export type Result =
  | { readonly kind: 'answered'; readonly status: number; readonly body: string }
  | { readonly kind: 'late' }
  | { readonly kind: 'broken'; readonly why: string }

/** How one sender behaves towards an address that receives its postbacks. What its documents do not say is set to what is hardest
 *  for the receiver, and marked so. */
export type SenderDefinition = {
  readonly id: string
  /** Of the source that receives it: the dialect that reads it. */
  readonly tracker: string
  /** `kept`: one connection serves many requests. `new`: each request has its own. */
  readonly connection: 'kept' | 'new'
  readonly timeoutMs: number
  /** Requests under way at once. */
  readonly concurrency: number
  readonly followsRedirects: boolean
  readonly isSuccess: (status: number) => boolean
  readonly isTriedAgain: (result: Result) => boolean
  /** Between one attempt and the next, in the sender's own time; so many further attempts there are. */
  readonly againAfterMs: readonly number[]
  /** In the sender's own time: what has gathered is sent so often, one after the other. 0: each at once. */
  readonly gathersMs: number
  /** It stops sending after so many failures in a row: of attempts, or of conversions for which every attempt failed. */
  readonly turnsOff: { readonly after: number; readonly failed: 'attempts' | 'conversions' } | null
  readonly call: (conversion: Conversion) => Call
}

/** Where a sender's documents name none: the shortest that any of them names, Branch's. */
export const SHORTEST_TIMEOUT_MS = 2_000

export const is2xx = (status: number): boolean => status >= 200 && status < 300
export const never = (): boolean => false
export const is5xx = (result: Result): boolean => result.kind === 'answered' && result.status >= 500
