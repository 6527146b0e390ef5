import { isTransactionKey, joinedBy } from '../events/keys.ts'
import type { Pending } from '../events/pending.ts'
import type { Postback } from '../events/postback.ts'
import type { Metrics } from '../observe/metrics.ts'
import type { WorkspaceCopy } from '../workspaces/copy.ts'
import { DEFAULT_SETTINGS } from '../workspaces/schema.ts'
import { createAcceptedPairs } from './accepted.ts'
import { attribute, type Decision, type Policy, policyOf } from './attribute.ts'
import { createDedupe } from './dedupe.ts'
import type { HeldPostback } from './held-store.ts'
import { type Result, resultsOf } from './results.ts'
import type { AttributionStore } from './store.ts'
import { createTimers } from './timers.ts'
import { acceptedOf, byTransaction, isByTransaction } from './transaction.ts'
import type { Waiting } from './waiting.ts'

/** The edge takes a good key of a workspace it has not heard of; so long its postbacks wait for the configuration. */
const NEWCOMER_WAIT_MS = 60_000
/** Held postbacks of one workspace in one partition: on 12 partitions 600,000, about 0.6 GB on disk. */
export const HELD_MAX = 50_000

export type Write = (partition: number, result: Result) => void

/** The part of attribution that knows its state and nothing of Kafka: what a click, a postback or a deadline leads to. */
/** Looked at, settled or written in one go: a few of these fit into a transaction. */
export const AT_ONCE_MAX = 500

export type Worker = {
  /** A new postback at its offset. */
  postback(partition: number, offset: number, postback: Postback, nowMs: number, write: Write): void
  /** Looks back at a postback that was decided before: only its first sight is learnt. */
  remember(partition: number, offset: number, postback: Postback): void
  /** Whoever waited for the click of this key is decided again, and whoever waits under another spelling learns of it, at most
   *  `limit` of them; true when there are more. */
  clickCame(partition: number, key: string, nowMs: number, write: Write, limit: number): boolean
  /** Held postbacks whose click is known by now, or whose deadline has passed. */
  settle(partition: number, held: Iterable<HeldPostback>, nowMs: number, write: Write): void
  /** What time alone leads to: deadlines, changed holds, the release of what the limit deferred; of each at most `limit`. */
  sweep(partition: number, nowMs: number, write: Write, limit: number): void
  /** A new generation: what was on its way either came back or was never written. */
  reset(): void
}

export function createWorker(deps: {
  readonly store: AttributionStore
  readonly waiting: Waiting
  readonly workspaces: WorkspaceCopy
  readonly metrics: Metrics
  /** Of topic `postbacks`: each has its share of a workspace's limit. */
  readonly partitions: number
  readonly heldMax?: number
}): Worker {
  const { store, waiting, workspaces, metrics, heldMax = HELD_MAX } = deps
  const dedupe = createDedupe(store, workspaces)
  const accepted = createAcceptedPairs(store)
  const timers = createTimers({ waiting, workspaces, partitions: deps.partitions, holdMsOf, again })

  /** The edge accepts a key it has not heard of yet; the word of the configuration is final here. */
  function checked(postback: Postback): Postback {
    const version = workspaces
      .source(postback.workspace_id, postback.source_id)
      ?.key_versions.find((one) => one.version === postback.key_version)
    return version?.revoked_at == null ? postback : { ...postback, quarantined: 'source_revoked' }
  }

  function policyFor(workspaceId: string): Policy {
    return policyOf(workspaces.get(workspaceId)?.settings ?? DEFAULT_SETTINGS)
  }
  function holdMsOf(workspaceId: string): number {
    return workspaces.get(workspaceId) === undefined ? NEWCOMER_WAIT_MS : policyFor(workspaceId).holdMs
  }

  function decide(partition: number, postback: Postback, waited: Pending | null, nowMs: number): Decision {
    const { workspace_id, received_at } = postback
    const mayGain = postback.quarantined === null && workspaces.get(workspace_id) === undefined
    const isNewcomer = mayGain && nowMs < received_at + NEWCOMER_WAIT_MS
    const decision: Decision = isNewcomer
      ? { stage: 'held', why: 'click_not_seen', deadlineMs: received_at + NEWCOMER_WAIT_MS }
      : decideByClick(partition, postback, nowMs)
    if (decision.stage !== 'held' || waited?.kind === 'held') return decision
    const backlog = waiting.backlog(partition, workspace_id)
    backlog.holdMs ??= holdMsOf(workspace_id)
    return backlog.held < heldMax ? decision : { stage: 'unmatched', why: 'hold_full' }
  }

  function decideByClick(partition: number, postback: Postback, nowMs: number): Decision {
    const policy = policyFor(postback.workspace_id)
    if (postback.reading.click_id !== null) {
      const key = joinedBy(postback)
      // A backend's transaction gets a record of its own, made of the whole click.
      const found = postback.source_kind === 'backend' ? store.findClick(partition, key) : store.joinClick(partition, key)
      return attribute(postback, found, policy, nowMs)
    }
    if (postback.quarantined === null && isByTransaction(postback)) {
      const key = joinedBy(postback)
      const record = store.findClick(partition, key).click
      if (record !== undefined) {
        const { transaction_id: _, accepted: __, ...click } = record
        return byTransaction(postback, click, accepted.of(partition, key), dedupe.policyOf(postback))
      }
    }
    return attribute(postback, { click: undefined, otherSpelling: undefined }, policy, nowMs)
  }

  function conclude(partition: number, postback: Postback, decision: Decision, waited: Pending | null, nowMs: number, write: Write): void {
    const key = joinedBy(postback)
    const results = resultsOf(postback, key, decision, {
      workspace: workspaces.get(postback.workspace_id),
      workspacesOffset: workspaces.appliedOffset(),
      nowMs,
      waited,
    })
    if (results.length > 0) metrics.count('attributed_total', { stage: decision.stage, why: 'why' in decision ? decision.why : '' })
    for (const result of results) {
      if (result.topic === 'pending') waiting.sent(partition, key, result.key, result.value)
      else if (result.topic === 'clicks' && result.key === key) accepted.sent(partition, key, acceptedOf(postback))
      write(partition, result)
    }
  }

  function again(partition: number, waited: HeldPostback, nowMs: number, write: Write): void {
    const pending = waiting.latest(partition, waited)
    if (pending === null) return
    const { workspace_id } = pending.postback
    if (pending.kind === 'held') waiting.backlog(partition, workspace_id).holdMs ??= holdMsOf(workspace_id)
    conclude(partition, pending.postback, decide(partition, pending.postback, pending, nowMs), pending, nowMs, write)
  }

  return {
    postback(partition, offset, sent, nowMs, write) {
      const postback = checked(sent)
      const answer = dedupe.seen(partition, offset, postback)
      if (answer === 'repeat') return metrics.count('repeats_total')
      const decision: Decision =
        answer === 'duplicate'
          ? { stage: 'duplicate' }
          : isDeferred(partition, postback)
            ? { stage: 'deferred', offset }
            : decide(partition, postback, null, nowMs)
      conclude(partition, postback, decision, null, nowMs, write)
    },
    remember(partition, offset, postback) {
      dedupe.seen(partition, offset, checked(postback))
    },
    clickCame(partition, key, nowMs, write, limit) {
      if (isTransactionKey(key)) accepted.echoed(partition, key)
      if (!waiting.mayWait(partition, key)) return false
      const concerned = waiting.concernedBy(partition, key, limit + 1)
      for (const one of concerned.slice(0, limit)) again(partition, one, nowMs, write)
      return concerned.length > limit
    },
    settle(partition, held, nowMs, write) {
      for (const one of held) again(partition, one, nowMs, write)
    },
    sweep: timers.sweep,
    reset() {
      waiting.reset()
      accepted.reset()
    },
  }

  /** While something of a workspace is deferred, what comes after it is too, so that nothing of a transaction is overtaken. */
  function isDeferred(partition: number, { quarantined, lane, workspace_id }: Postback): boolean {
    return quarantined === null && (lane === 'deferred' || waiting.isDeferring(partition, workspace_id))
  }
}
