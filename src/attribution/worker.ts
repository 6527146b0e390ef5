import { postbackKey } from '../events/keys.ts'
import type { Pending } from '../events/pending.ts'
import type { Postback } from '../events/postback.ts'
import type { Metrics } from '../observe/metrics.ts'
import type { WorkspaceCopy } from '../workspaces/copy.ts'
import { DEFAULT_SETTINGS } from '../workspaces/schema.ts'
import { attribute, type Decision, policyOf } from './attribute.ts'
import { fingerprint, policyFor, shortId, sight } from './fingerprint.ts'
import type { HeldPostback } from './held-store.ts'
import { type Result, resultsOf } from './results.ts'
import type { AttributionStore } from './store.ts'
import type { Waiting } from './waiting.ts'

const DAY_MS = 86_400_000
/** The edge takes a good key of a workspace it has not heard of; so long its postbacks wait for the configuration. */
const NEWCOMER_WAIT_MS = 60_000

export type Write = (partition: number, result: Result) => void

/** The part of attribution that knows its state and nothing of Kafka: what a click, a postback or a deadline leads to. */
export type Worker = {
  /** A new postback at its offset. */
  postback(partition: number, offset: number, postback: Postback, nowMs: number, write: Write): void
  /** Looks back at a postback that was decided before: only its first sight is learnt. */
  remember(partition: number, offset: number, postback: Postback): void
  /** Whoever waited for the click of this key is decided again, at most `limit` of them; true when there are more. */
  clickCame(partition: number, key: string, nowMs: number, write: Write, limit: number): boolean
  /** Held postbacks whose click is known by now, or whose deadline has passed. */
  settle(partition: number, held: Iterable<HeldPostback>, nowMs: number, write: Write): void
}

export function createWorker(deps: {
  readonly store: AttributionStore
  readonly waiting: Waiting
  readonly workspaces: WorkspaceCopy
  readonly metrics: Metrics
}): Worker {
  const { store, waiting, workspaces, metrics } = deps

  function seen(partition: number, offset: number, postback: Postback) {
    const workspace = workspaces.get(postback.workspace_id)
    const source = workspaces.source(postback.workspace_id, postback.source_id)
    const mark = fingerprint(postback, policyFor(source, postback.reading.event))
    const windowMs = (workspace?.settings.dedupe_window_days ?? DEFAULT_SETTINGS.dedupe_window_days) * DAY_MS
    const answer = sight(store.firstSight(partition, mark), postback, offset, windowMs)
    if (answer === 'first') {
      store.putFirstSight(partition, mark, { offset, postbackId: shortId(postback.postback_id), receivedAtMs: postback.received_at })
    }
    return answer
  }

  /** The edge accepts a key it has not heard of yet; the word of the configuration is final here. */
  function checked(postback: Postback): Postback {
    const version = workspaces
      .source(postback.workspace_id, postback.source_id)
      ?.key_versions.find((one) => one.version === postback.key_version)
    return version?.revoked_at == null ? postback : { ...postback, quarantined: 'source_revoked' }
  }

  function decide(partition: number, postback: Postback, nowMs: number): Decision {
    const { click_id } = postback.reading
    const newcomerUntilMs = postback.received_at + NEWCOMER_WAIT_MS
    if (workspaces.get(postback.workspace_id) === undefined && nowMs < newcomerUntilMs) {
      return { stage: 'held', why: 'click_not_seen', deadlineMs: newcomerUntilMs }
    }
    const found = click_id === null ? { click: undefined, otherSpelling: undefined } : store.findClick(partition, postbackKey(postback).key)
    return attribute(postback, found, policyOf(workspaces.get(postback.workspace_id)?.settings ?? DEFAULT_SETTINGS), nowMs)
  }

  function conclude(
    partition: number,
    postback: Postback,
    decision: Parameters<typeof resultsOf>[1],
    held: Pending | null,
    nowMs: number,
    write: Write,
  ) {
    const { key } = postbackKey(postback)
    const results = resultsOf(postback, decision, {
      workspace: workspaces.get(postback.workspace_id),
      workspacesOffset: workspaces.appliedOffset(),
      nowMs,
      held,
    })
    if (results.length > 0) metrics.count('attributed_total', { stage: decision.stage, why: 'why' in decision ? decision.why : '' })
    for (const result of results) {
      if (result.topic === 'pending') waiting.sent(partition, key, result.key, result.value as Pending | null)
      write(partition, result)
    }
  }

  const again = (partition: number, { pending }: HeldPostback, nowMs: number, write: Write): void =>
    conclude(partition, pending.postback, decide(partition, pending.postback, nowMs), pending, nowMs, write)

  return {
    postback(partition, offset, sent, nowMs, write) {
      const postback = checked(sent)
      const answer = seen(partition, offset, postback)
      if (answer === 'repeat') return metrics.count('repeats_total')
      const decision = answer === 'duplicate' ? ({ stage: 'duplicate' } as const) : decide(partition, postback, nowMs)
      conclude(partition, postback, decision, null, nowMs, write)
    },
    remember(partition, offset, postback) {
      seen(partition, offset, checked(postback))
    },
    clickCame(partition, key, nowMs, write, limit) {
      const held = waiting.heldFor(partition, key, limit + 1)
      for (const one of held.slice(0, limit)) again(partition, one, nowMs, write)
      return held.length > limit
    },
    settle(partition, held, nowMs, write) {
      for (const one of held) again(partition, one, nowMs, write)
    },
  }
}
