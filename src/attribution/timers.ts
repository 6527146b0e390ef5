import type { WorkspaceCopy } from '../workspaces/copy.ts'
import { DEFAULT_SETTINGS } from '../workspaces/schema.ts'
import type { HeldPostback } from './held-store.ts'
import { grant } from './release.ts'
import type { Backlog, Waiting } from './waiting.ts'
import type { Write } from './worker.ts'

/** What time alone leads to in a partition. */
export function createTimers(deps: {
  readonly waiting: Waiting
  readonly workspaces: WorkspaceCopy
  readonly partitions: number
  readonly holdMsOf: (workspaceId: string) => number
  readonly again: (partition: number, waited: HeldPostback, nowMs: number, write: Write) => void
}): { sweep(partition: number, nowMs: number, write: Write, limit: number): void } {
  const { waiting, workspaces, partitions, holdMsOf, again } = deps

  /** Each workspace gets what its limit grants and at most an even share of one sweep; who was served goes to the end. */
  function release(partition: number, nowMs: number, write: Write, limit: number): void {
    const backlogs = waiting.backlogs(partition)
    const deferring = [...backlogs].filter(([, { deferred }]) => deferred > 0)
    const share = Math.max(1, Math.floor(limit / deferring.length))
    let left = limit
    for (const [workspaceId, backlog] of deferring) {
      if (left === 0) return
      const count = Math.min(share, left, turnsOf(partition, workspaceId, backlog, nowMs))
      const next = count === 0 ? [] : waiting.nextDeferred(partition, workspaceId, count)
      for (const one of next) again(partition, one, nowMs, write)
      if (next.length === 0) continue
      left -= next.length
      if (backlog.turn !== undefined) backlog.turn = { ...backlog.turn, tokens: backlog.turn.tokens - next.length }
      if (backlog.deferred === 0) backlog.turn = undefined
      backlogs.delete(workspaceId)
      backlogs.set(workspaceId, backlog)
    }
  }

  /** How many of a workspace's postbacks may go now. Its first turn is counted from when the first of them came to wait. */
  function turnsOf(partition: number, workspaceId: string, backlog: Backlog, nowMs: number): number {
    const perMinute = (workspaces.get(workspaceId)?.settings ?? DEFAULT_SETTINGS).rate_limit_per_min / partitions
    const [first] = backlog.turn === undefined ? waiting.nextDeferred(partition, workspaceId, 1) : []
    backlog.turn = grant(backlog.turn ?? { tokens: 0, atMs: first?.pending.held_at ?? nowMs }, perMinute, nowMs)
    return Math.floor(backlog.turn.tokens)
  }

  /** Where the hold of a workspace was changed, the deadlines of all that it holds are decided again, a part in each sweep. */
  function revise(partition: number, nowMs: number, write: Write, limit: number): void {
    const backlogs = waiting.backlogs(partition)
    for (const [workspaceId, backlog] of backlogs) {
      if (backlog.held === 0 && backlog.deferred === 0) backlogs.delete(workspaceId)
      if (backlog.held === 0) continue
      const holdMs = holdMsOf(workspaceId)
      if (holdMs === backlog.holdMs) continue
      if (backlog.revising?.holdMs !== holdMs) backlog.revising = { holdMs, after: '' }
      const { held, after, last } = waiting.heldOf(partition, workspaceId, backlog.revising.after, limit)
      for (const one of held) again(partition, one, nowMs, write)
      if (last) {
        backlog.holdMs = holdMs
        backlog.revising = undefined
      } else backlog.revising.after = after
      return
    }
  }

  return {
    sweep(partition, nowMs, write, limit) {
      for (const one of waiting.due(partition, nowMs, limit)) again(partition, one, nowMs, write)
      revise(partition, nowMs, write, limit)
      release(partition, nowMs, write, limit)
    },
  }
}
