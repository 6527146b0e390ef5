import { randomUUIDv7 } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { answers, waitUntil } from '../../../src/local/child.ts'
import type { Burst } from '../burst.ts'
import type { Ground, RunningRole } from '../ground.ts'
import { followOutcomes } from '../outcomes.ts'

/** Enough for one in each partition, by far. */
const PROBES = 400
const READY_WITHIN_MS = 300_000
const BACKLOG = 20_000

/** Milliseconds from `kill -9` amid work until its successor, which the supervisor starts, is ready, and until every postback
 *  that lay there has its outcome. */
export async function afterKill(ground: Ground, burst: Burst, role: RunningRole): Promise<{ readyMs: number; caughtUpMs: number }> {
  const waiting = new Set<string>(Array.from({ length: BACKLOG }, () => randomUUIDv7()))
  const outcomes = await followOutcomes(ground, 'outcomes', (postbackId) => void waiting.delete(postbackId))
  try {
    const sent = Promise.all([...waiting].map((postbackId) => burst.one(postbackId)))
    while (waiting.size === BACKLOG) await sleep(5) // at work by now
    const [pid] = role.pids
    if (pid === undefined) throw new Error('there is no process to kill')
    const killedMs = performance.now()
    process.kill(pid, 'SIGKILL')
    await waitUntil('attribution after kill -9', null, () => answers(`${ground.stack.admin_urls.attribution?.[0]}/readyz`), READY_WITHIN_MS)
    const readyMs = performance.now() - killedMs
    await sent
    while (waiting.size > 0) {
      if (performance.now() - killedMs > READY_WITHIN_MS) throw new Error(`${waiting.size} postbacks have no outcome after a kill.`)
      await sleep(5)
    }
    return { readyMs, caughtUpMs: performance.now() - killedMs }
  } finally {
    await outcomes.stop()
  }
}

/** Milliseconds from a start on an empty disk until postbacks are decided in every partition: every click is there by then, and
 *  the first sight of every postback that the topic still holds. */
export async function fromEmpty(ground: Ground, burst: Burst): Promise<number> {
  if (ground.dataDir === null) throw new Error('the state of a given stack stays where it is')
  rmSync(join(ground.dataDir, 'state', 'attribution-0'), { recursive: true, force: true })
  const waiting = new Set<string>(Array.from({ length: PROBES }, () => randomUUIDv7()))
  const outcomes = await followOutcomes(ground, 'outcomes', (postbackId) => void waiting.delete(postbackId))
  await Promise.all([...waiting].map((postbackId) => burst.one(postbackId)))
  const startedMs = performance.now()
  const role = await ground.start('attribution')
  try {
    while (waiting.size > 0) {
      if (performance.now() - startedMs > READY_WITHIN_MS) throw new Error(`${waiting.size} postbacks have no outcome after a restore.`)
      await sleep(5)
    }
    return performance.now() - startedMs
  } finally {
    await role.stop()
    await outcomes.stop()
  }
}
