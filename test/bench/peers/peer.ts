import type { Ground, RunningRole } from '../ground.ts'

export type RunningPeer<Where> = Where & {
  readonly pids: readonly number[]
  stop(): Promise<void>
}

/** What a good answer is; `holds`: part of its body. */
export type GoodAnswer = { readonly status: number; readonly holds: string }

/** An HTTP server that takes the postbacks fired at it, measured in turns with ours under the same load. A peer is one folder or file
 *  here and one line in `index.ts`; the figure that compares with it finds it by its name, and is null while it is not there. */
export type EdgePeer = {
  readonly name: string
  readonly answers: GoodAnswer
  /** Builds what it needs, before anything is measured. */
  prepare(tell: (line: string) => void): Promise<void>
  /** `url` has a query already. `topic`: where it puts one record a request; null: it keeps nothing. */
  start(ground: Ground): Promise<RunningPeer<{ readonly url: string; readonly topic: string | null }>>
}

/** Joins topic `postbacks` with `clicks` and writes one outcome and one delivery for each. Every turn opens one, without any
 *  state, and starts it twice: to load the clicks, and to join the postbacks that lie ready by then. */
export type JoinPeer = {
  readonly name: string
  /** Builds what it needs, before anything is measured. */
  prepare(tell: (line: string) => void): Promise<void>
  open(ground: Ground): Promise<Joiner>
}

export type Joiner = {
  /** Commits its offsets of `postbacks`. */
  readonly groupId: string
  /** Where its outcomes go, in our format. */
  readonly outcomes: string
  /** Whether it keeps a postback for its click that comes later, and knows a duplicate. */
  readonly holds: boolean
  readonly stateDir: string
  start(env?: Readonly<Record<string, string>>): Promise<RunningRole>
  /** Of the process that runs, or of all that ran: either way of an empty state. */
  clicksRead(): Promise<number>
  /** Postbacks whose outcome will not change, of the process that runs; null: those are the committed ones. */
  settled(): Promise<number | null>
  /** Removes the topics it had for itself; its state goes with the stack. */
  close(): Promise<void>
}
