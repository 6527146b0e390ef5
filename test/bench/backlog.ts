import { committedOffsets, logOffsets } from '../../src/kafka/admin.ts'
import type { Burst } from './burst.ts'
import { cpuUsOf } from './cpu.ts'
import { type Sample, watch } from './drain.ts'
import type { Ground, RunningRole } from './ground.ts'

/** Share of a backlog that warms a process up and does not count. Work is committed in large transactions, the first of which
 *  must not be all that is left to count. */
export const WARM_SHARE = 0.4

/** A backlog of which about `n` are left to count: counting begins and ends with a commit. */
export const backlogFor = (n: number): number => 2 * n

/** Offsets of `postbacks` that a group has committed, summed; where it has none, the start of the log. */
async function joinedOffset({ client }: Ground, groupId: string): Promise<number> {
  const [committed, logs] = await Promise.all([committedOffsets(client, groupId, 'postbacks'), logOffsets(client, 'postbacks')])
  return [...logs].reduce((sum, [partition, { start }]) => sum + Math.max(start, committed.get(partition) ?? -1), 0)
}

/** Where the log of a topic ends, summed: nobody writes transactions to these, so records are what lies between two of these. */
export async function recordsIn({ client }: Ground, topic: string): Promise<number> {
  return [...(await logOffsets(client, topic)).values()].reduce((sum, { end }) => sum + end, 0)
}

/** CPU of parts that are processes of this machine. */
export const partsCpuUs = ({ stack }: Ground, ...names: readonly ('kafka' | 'clickhouse')[]): Record<string, number> =>
  Object.fromEntries(names.filter((name) => stack.pids[name] > 0).map((name) => [name, cpuUsOf([stack.pids[name]])]))

/** Lays `count` postbacks down, then lets `start` come, and watches how it works them off after what others left before them. */
export async function joinBacklog<Role extends RunningRole>(
  ground: Ground,
  burst: Burst,
  count: number,
  groupId: string,
  start: () => Promise<Role>,
): Promise<{ samples: readonly Sample[]; role: Role }> {
  const base = await recordsIn(ground, 'postbacks')
  await burst.postbacks(count)
  const role = await start()
  const samples = await watch({
    total: count,
    progress: async () => ({ done: (await joinedOffset(ground, groupId)) - base }),
    cpuUs: () => ({ own: cpuUsOf(role.pids), ...partsCpuUs(ground, 'kafka') }),
  })
  return { samples, role }
}

/** Clicks and postbacks, joined: what store and forward find before them. Attribution is gone again when this resolves, unless
 *  it ran before. */
export async function joined(ground: Ground, burst: Burst, count: number): Promise<void> {
  await burst.clicks(count)
  const { role } = await joinBacklog(ground, burst, count, 'attribution', () => ground.start('attribution'))
  await role.stop()
}
