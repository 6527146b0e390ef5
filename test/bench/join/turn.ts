import { committedOffsets, logOffsets } from '../../../src/kafka/admin.ts'
import { partsCpuUs, recordsIn, WARM_SHARE } from '../backlog.ts'
import type { Burst, LateClick, Mixed } from '../burst.ts'
import { cpuUsOf } from '../cpu.ts'
import { type Drained, measured, watch } from '../drain.ts'
import type { Ground, RunningRole } from '../ground.ts'
import { diskBytes, type Memory, memoryOf } from '../memory.ts'
import type { Joiner, JoinPeer } from '../peers/peer.ts'
import { checkOutcomes } from './check.ts'
import { createLateClicks } from './late-clicks.ts'
import { committedRecords, emptyTopic } from './offsets.ts'

/** What one subject made of one load, with the warm-up of each part left out. */
export type JoinTurn = {
  readonly clicks: Drained
  readonly postbacks: Drained
  /** Of the loading of the clicks from an empty state, and of the start on the state it left. Milliseconds. */
  readonly loadedMs: number
  readonly restartMs: number
  /** CPU of the process from its start to its end, both times, and microseconds. */
  readonly wholeCpuUs: number
  /** Those that lay in their topic: a turn leaves the late ones of its own. */
  readonly clicksLoaded: number
  /** Of the clicks alone, and of everything. */
  readonly clicksDiskBytes: number
  readonly diskBytes: number
  /** The most that was seen while it joined. */
  readonly memory: Memory
}

export type Load = {
  readonly clicks: number
  readonly postbacks: number
  readonly env: Readonly<Record<string, string>>
}

/** One turn of one subject: it loads every click from an empty state, ends, finds the postbacks ready and joins them. An event,
 *  one postback and the loading of one click, is the sum of both. Afterwards every outcome is there, once. */
export async function joinTurn(ground: Ground, burst: Burst, peer: JoinPeer, load: Load, tell: (line: string) => void): Promise<JoinTurn> {
  const { client } = ground
  await emptyTopic(client, 'postbacks')
  const joiner = await peer.open(ground)
  const clicksLoaded = await recordsIn(ground, 'clicks')
  const cpuUs = (role: RunningRole) => ({ own: cpuUsOf(role.pids), ...partsCpuUs(ground, 'kafka') })

  const loading = await joiner.start(load.env)
  const clicks = await watch({
    total: load.clicks,
    progress: async () => ({ done: await joiner.clicksRead() }),
    cpuUs: () => cpuUs(loading),
  })
  const loadedMs = (await loading.ready) ?? Number.NaN
  const loadCpuUs = cpuUsOf(loading.pids)
  await loading.stop()
  const clicksDiskBytes = diskBytes(joiner.stateDir)

  tell(`${peer.name}: ${load.clicks} clicks loaded; ${load.postbacks} postbacks lie ready`)
  const bases = await logOffsets(client, 'postbacks')
  const mixed = await burst.mixed(load.postbacks, joiner.holds)
  const joining = await joiner.start(load.env)
  const restartMs = (await joining.ready) ?? Number.NaN
  const late = createLateClicks(mixed.late, new Map([...bases].map(([partition, { end }]) => [partition, end])))
  let memory: Memory = { rss: 0, rssAnon: 0 }
  const postbacks = await watch({
    total: load.postbacks,
    async progress() {
      memory = larger(memory, memoryOf(joining.pids))
      const due: LateClick[] = late.due(await committedOffsets(client, joiner.groupId, 'postbacks'))
      if (due.length > 0) await burst.send(due.map(({ record }) => record))
      const [committed, settled] = await Promise.all([committedRecords(client, joiner.groupId, 'postbacks'), joiner.settled()])
      return { done: Math.min(committed, settled ?? committed) }
    },
    cpuUs: () => cpuUs(joining),
  })
  const wholeCpuUs = loadCpuUs + cpuUsOf(joining.pids)
  await joining.stop()
  await checkOutcomes(ground, joiner, { postbacks: load.postbacks, ...expected(joiner, mixed, load) })
  const turn = {
    clicks: measured(clicks, load.clicks * WARM_SHARE),
    postbacks: measured(postbacks, load.postbacks * WARM_SHARE),
    loadedMs,
    restartMs,
    wholeCpuUs,
    clicksLoaded,
    clicksDiskBytes,
    diskBytes: diskBytes(joiner.stateDir),
    memory,
  }
  await joiner.close()
  return turn
}

const expected = (joiner: Joiner, { duplicates }: Mixed, { postbacks }: Load): { matched: number } => ({
  matched: joiner.holds ? postbacks - duplicates : postbacks,
})

const larger = (a: Memory, b: Memory): Memory => ({ rss: Math.max(a.rss, b.rss), rssAnon: Math.max(a.rssAnon, b.rssAnon) })
