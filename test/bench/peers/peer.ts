import type { Ground } from '../ground.ts'

export type RunningPeer<Where> = Where & {
  readonly pids: readonly number[]
  stop(): Promise<void>
}

/** Something that does the same work, measured in turns with ours under the same load. A peer is one file here and one line in
 *  `index.ts`; the figure that compares with it finds it by its name, and is null while it is not there. */
export type Peer<Where> = {
  readonly name: string
  start(ground: Ground): Promise<RunningPeer<Where>>
}

/** An HTTP server that takes the postbacks fired at `url`. */
export type EdgePeer = Peer<{ readonly url: string }>
/** A consumer of `postbacks` and `clicks` that commits its offsets of `postbacks` in `groupId`, and writes to topics of its own. */
export type JoinPeer = Peer<{ readonly ready: Promise<number | null> }> & { readonly groupId: string }
