/** What one edge process counted of a workspace since it last said so. */
export type Told = {
  readonly workspaceId: string
  /** At which what was deferred is released. */
  readonly perMinute: number
  /** Second, events let through, events deferred. */
  readonly counted: readonly (readonly [second: number, live: number, deferred: number])[]
}
/** What all processes together have counted, the asking one included. */
export type Heard = {
  readonly workspaceId: string
  readonly totals: readonly (readonly [second: number, live: number, deferred: number])[]
  /** Deferred and, at the permitted rate, not yet released. */
  readonly backlog: number
}

/** Where edge processes tell each other what they have counted. Rejects when it cannot be reached: then each goes on by itself. */
export type Exchange = {
  /** Answers in the order asked. */
  tell(now: number, told: readonly Told[]): Promise<readonly Heard[]>
  close(): Promise<void>
}

/** A backlog that drains at the permitted rate. */
export type Draining = { readonly events: number; readonly atSecond: number }
export const drained = ({ events, atSecond }: Draining, now: number, perMinute: number): number =>
  Math.max(0, events - (Math.max(0, now - atSecond) * perMinute) / 60)
