import type { TestStack } from '../../stack.ts'
import { allReady } from '../../support/own-edge.ts'
import { settled } from '../../support/run-through.ts'
import { auditSingles, fireSingles, spoolRecords } from '../../support/singles.ts'
import { ownWorkspace, sourceOf } from '../../support/workspace.ts'
import { verified } from '../trial.ts'
import { askBare } from './bare.ts'
import { harm, type Plan } from './faults.ts'

/** Leaders that move, and two processes behind the port. */
export const EDGE_STORM_STACK = { KAFKA_LOCAL_BROKERS: '3', EDGE_PROCESSES: '2' } as const

export type EdgeStorm = {
  /** Empty: all is well. */
  readonly differences: Readonly<Record<string, unknown>>
  readonly figures: {
    readonly accepted: number
    readonly spooled: number
    readonly refused: Readonly<Record<string, number>>
    readonly longest_ms: number
    /** Of a bare server on the same machine. */
    readonly longest_bare_ms: number
    /** Senders whose postbacks were taken by more than one process: each of those keeps its own order only. */
    readonly chains_reordered: number
    /** Records of a postback beyond its first, as a share of all. */
    readonly repeats_share: number
    readonly faults: Readonly<Record<string, number>>
  }
}

const CHAINS = 100
const DRAINED_WITHIN_MS = 180_000

/** Senders that never try again, while the edge's processes and the brokers are killed and paused: what was answered 2xx is in the log
 *  and in every place that should have it (K1). */
export async function edgeStorm(
  { stack: all, stackFile }: TestStack,
  { perSecond, ms, plan, seed }: { perSecond: number; ms: number; plan: Plan; seed: number },
  tell: (line: string) => void,
): Promise<EdgeStorm> {
  const stack = await ownWorkspace(all)
  const { id } = stack.workspace
  const mark = `e${seed.toString(36)}`
  const { postback_url } = sourceOf(stack, 'generic')
  tell(`seed ${seed}: ${perSecond} postbacks/s for ${ms / 1_000} s`)
  const bare = await askBare()
  const load = fireSingles(() => postback_url, { mark, chains: CHAINS, perSecond })
  const faults = await harm(stackFile, plan, ms, seed)
  await load.stop()
  await bare.stop()
  const { accepted, refused } = load
  tell(`${accepted.length} answered 2xx, ${JSON.stringify(refused)}; ${JSON.stringify(faults)}`)
  // One that is just starting tells nothing of its spool yet.
  await allReady(stack.admin_urls.edge?.[0] ?? '', Number(EDGE_STORM_STACK.EDGE_PROCESSES), DRAINED_WITHIN_MS)
  await settled(
    () => spoolRecords(stack),
    (left) => left === 0,
    DRAINED_WITHIN_MS,
  )
  const { repeats, written, missing, outOfOrder } = await auditSingles(stack, id, load, mark)
  tell('the log is audited')
  const { agrees, differences } = await verified(
    stack,
    [id],
    accepted.map((one) => one.id),
  )
  // Whoever asked a process that was killed has lost the connection; nothing else may be refused.
  const whileUp = Object.entries(refused).filter(([why]) => !/^E|hang up/.test(why))
  return {
    differences: {
      ...(missing === 0 ? {} : { missing }),
      ...(whileUp.length === 0 ? {} : { refused: Object.fromEntries(whileUp) }),
      ...(agrees ? {} : { verify: differences }),
    },
    figures: {
      accepted: accepted.length,
      spooled: accepted.filter(({ durability }) => durability === 'spool').length,
      refused,
      longest_ms: Math.round(load.longestMs),
      longest_bare_ms: Math.round(bare.longestMs),
      chains_reordered: outOfOrder.length,
      repeats_share: repeats / written,
      faults,
    },
  }
}
