import { Fault } from '../events/fault.ts'
import type { InRecord } from './record.ts'

/** A short text that is committed with every offset and told again to whoever reads on from there. */
export type Notes = {
  tell(): string | null
  told(notes: readonly string[]): void
}

export type DeadRatio = {
  /** A record that was read. */
  good(record: InRecord): void
  /** A record that goes to topic `dead` because of `why`. Throws `too_many_dead` instead when that would be one too many: nothing of
   *  its batch may be committed then. */
  dead(record: InRecord, why: string): void
  readonly notes: Notes
}

const WINDOW = 1_000
/** Older records are of a restore or of a long outage: what was wrong with them has been looked at, or is over. */
const COUNTS_FOR_MS = 86_400_000
const NOTE = /^dead (\d{1,4})$/

/** Stops a process that would bury what comes: among the last 1,000 records it judged, at most `maxPercent` may be dead (100: any
 *  number). Fewer than that share of 1,000 never stop it, however quiet the topic. The window outlives the process: each
 *  commit notes how many of it are dead, so that who starts again stops at the next dead record, and not a thousand later. */
export function createDeadRatio(deps: { readonly maxPercent: number; readonly nowMs: () => number }): DeadRatio {
  const { maxPercent, nowMs } = deps
  /** 1 is dead; a ring whose oldest entry is at `next`. */
  const window = new Uint8Array(WINDOW)
  let next = 0
  let dead = 0
  const note = (isDead: 0 | 1): void => {
    dead += isDead - (window[next] ?? 0)
    window[next] = isDead
    next = (next + 1) % WINDOW
  }
  const counts = ({ timestampMs }: InRecord): boolean => nowMs() - timestampMs < COUNTS_FOR_MS

  return {
    good(record) {
      // Without dead ones the window stays as it is.
      if (dead > 0 && counts(record)) note(0)
    },
    dead(record, why) {
      if (!counts(record)) return
      note(1)
      if (dead <= (WINDOW * maxPercent) / 100 || maxPercent >= 100) return
      const { topic, partition, offset } = record
      throw new Fault(
        'too_many_dead',
        `More than ${maxPercent} % of the last ${WINDOW} records cannot be read, so this process stops before ${topic}/${partition} offset ${offset} (${why}). ` +
          'Look into topic dead for where the others came from, and mend what writes them; DEAD_PERCENT_MAX=100 puts all of them into dead.',
      )
    },
    notes: {
      tell: () => (dead === 0 ? null : `dead ${dead}`),
      told(notes) {
        const worst = Math.min(WINDOW, Math.max(0, ...notes.map((text) => Number(NOTE.exec(text)?.[1] ?? 0))))
        if (worst <= dead) return
        window.fill(1, 0, worst).fill(0, worst)
        next = worst % WINDOW // the dead ones are the newest
        dead = worst
      },
    },
  }
}
