import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type AttributionStore, STORE_TOPICS } from '../attribution/store.ts'
import { absenceMaxMs, aheadOfLog, type LogEnds } from '../attribution/store-age.ts'
import { logOffsets, topicConfigs } from '../kafka/admin.ts'
import { logIdentity } from '../kafka/topic-ids.ts'
import { openFolder, type StateFolder } from '../state/folder.ts'
import { STATE_FORMAT } from '../state/identity.ts'
import { asideCounts } from '../state/set-aside.ts'
import type { Context } from './context.ts'

/** The folder of this process's state, once it is known to be of these topics of this cluster. */
export async function openStateFolder({ client, config, id, log, metrics, nowMs }: Context): Promise<StateFolder> {
  const identity = await logIdentity(client, STORE_TOPICS)
  const path = join(config.STATE_DIR, id)
  const folder = openFolder({
    path,
    identity: { format: STATE_FORMAT, ...identity },
    nowMs,
    onSetAside: (told) => log.error(told, 'state.set_aside'),
    onExit: (work) => process.once('exit', work),
  })
  // Counted by what is there, since the process that finds a folder broken does not live to be asked.
  for (const [why, count] of asideCounts(path)) metrics.gauge('state_set_aside', count, { why })
  return folder
}

const ASKED_TIMES = 3
const ASK_AGAIN_MS = 1_000

/** Throws `state_foreign`, the folder set aside, when the store has read more than the logs hold: the broker was put back to an
 *  earlier day. A leader that has just changed is asked again. */
export async function refuseAhead(
  folder: StateFolder,
  store: AttributionStore,
  client: Context['client'],
  statePartitions: readonly number[],
): Promise<void> {
  for (let asked = 1; ; asked++) {
    const logs: LogEnds = new Map(await Promise.all(STORE_TOPICS.map(async (topic) => [topic, await logOffsets(client, topic)] as const)))
    const ahead = folder.guard(() => aheadOfLog(store, logs, statePartitions))
    if (ahead.length === 0) return
    if (asked === ASKED_TIMES) throw folder.refuse('ahead_of_log', ahead.join('; '))
    await sleep(ASK_AGAIN_MS)
  }
}

/** By what the broker is set to, whatever `topics/` says. */
export const absenceMaxMsOf = async (client: Context['client']): Promise<number> =>
  absenceMaxMs(await topicConfigs(client, ['clicks', 'pending']))
