import { mkdirSync, readdirSync, statSync } from 'node:fs'
import { Fault } from '../events/fault.ts'
import { foreign, type Identity, readIdentity, writeIdentity } from './identity.ts'
import { type AsideWhy, setAside } from './set-aside.ts'
import { begun, forgetStarts, NO_STARTS, opened, readStarts, suspicious, writeStarts } from './starts.ts'

export type StateFolder = {
  readonly path: string
  /** Every store in it is open and checked. */
  opened(): void
  /** What stands on it does its work: from `SETTLES_MS` later on, the end of the process says nothing against the folder. */
  settled(): void
  /** Sets the folder aside. The Fault it answers must end the process: the next one starts empty. */
  refuse(why: AsideWhy, detail: string): Fault
  /** What an error that ends the process says of the folder: a Fault when it is broken (it is then set aside) or its disk is
   *  full; every other error as it is. */
  judge(error: unknown): unknown
  /** What `work` throws is judged. */
  guard<Result>(work: () => Result): Result
}

export type SetAside = { readonly folder: string; readonly aside: string; readonly why: AsideWhy; readonly detail: string }

const SETTLES_MS = 10_000

/** Makes the folder ready for stores that copy the logs of `identity`. What lies there of other logs, of another format or of
 *  nobody knows what is set aside, and so is a folder its processes keep dying with; `onSetAside` hears of it. Throws
 *  `state_unusable` or `state_full` when the disk refuses. */
export function openFolder(deps: {
  readonly path: string
  readonly identity: Identity
  readonly nowMs: () => number
  readonly onSetAside: (told: SetAside) => void
  /** Runs `work` at every end of the process but that by a signal. */
  readonly onExit: (work: () => void) => void
}): StateFolder {
  const { path, identity, nowMs, onSetAside } = deps
  let gone = false
  const putAway = (why: AsideWhy, detail: string): void => {
    const aside = setAside(path, why, detail, nowMs())
    if (aside !== null) onSetAside({ folder: path, aside, why, detail })
  }

  const against = objection(path, identity)
  if (against !== null) putAway(against, '')
  const starts = begun(against === null ? readStarts(path) : NO_STARTS)
  usable(path, () => {
    mkdirSync(path, { recursive: true })
    writeIdentity(path, identity)
    writeStarts(path, starts)
  })
  deps.onExit(() => gone || forgetStarts(path))

  const refuse = (why: AsideWhy, detail: string): Fault => {
    if (!gone) putAway(why, detail)
    gone = true
    const code = why === 'ahead_of_log' ? 'state_foreign' : 'state_corrupt'
    return new Fault(code, `The state folder ${path} was set aside (${why}: ${detail}); it is rebuilt from the topics.`)
  }
  const judge = (error: unknown): unknown => {
    if (isBroken(error)) return refuse('corrupt', messageOf(error))
    return isFull(error) ? full(path, error) : error
  }
  return {
    path,
    opened: () => usable(path, () => writeStarts(path, opened(starts))),
    settled: () => void setTimeout(() => gone || forgetStarts(path), SETTLES_MS).unref(),
    refuse,
    judge,
    guard(work) {
      try {
        return work()
      } catch (error) {
        throw judge(error)
      }
    },
  }
}

/** Why what lies at the path cannot be used; null when it can, or when nothing does. */
function objection(path: string, identity: Identity): AsideWhy | null {
  const kind = statSync(path, { throwIfNoEntry: false })
  if (kind === undefined) return null
  if (!kind.isDirectory()) return 'identity_unreadable'
  const found = readIdentity(path)
  if (found === 'identity_missing') return readdirSync(path).length === 0 ? null : found
  if (found === 'identity_unreadable') return found
  return foreign(found, identity) ?? (suspicious(readStarts(path)) ? 'crashes' : null)
}

function usable(path: string, work: () => void): void {
  try {
    work()
  } catch (error) {
    if (isFull(error)) throw full(path, error)
    throw new Fault('state_unusable', `The state folder ${path} cannot be written. Check STATE_DIR, its disk and permissions.`, error)
  }
}

const full = (path: string, cause: unknown): Fault =>
  new Fault('state_full', `The disk of the state folder ${path} is full. Make room; the work goes on where it stopped.`, cause)

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined)

/** Errors of LMDB have its number as their code: http://www.lmdb.tech/doc/group__errors.html */
const BROKEN: ReadonlySet<unknown> = new Set([-30_797, -30_796, -30_795, -30_794, -30_793, -30_784, -30_780, 'state_corrupt', 'EIO', 5])
const isBroken = (error: unknown): boolean => BROKEN.has(codeOf(error))
const FULL: ReadonlySet<unknown> = new Set([28, 'ENOSPC', 122, 'EDQUOT', 27, 'EFBIG'])
const isFull = (error: unknown): boolean => FULL.has(codeOf(error))
